import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type PowerReading, readPower, startPowerMeter } from '../../src/device/power/powerMeter.ts';
import { PowerWatch } from '../../src/monitor/powerWatch.ts';

const THROTTLED = 'sys/devices/platform/soc/soc:firmware/get_throttled';
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lightkeeper-power-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function putHwmon(alarm: string, name = 'rpi_volt', at = 'hwmon1'): void {
  put(`sys/class/hwmon/${at}/name`, `${name}\n`);
  put(`sys/class/hwmon/${at}/in0_lcrit_alarm`, `${alarm}\n`);
}

describe("the power of a Raspberry Pi, by the kernel's files", () => {
  it('is not known on a machine that has none of them', async () => {
    expect(await readPower(root)).toBeNull();
    put('sys/class/hwmon/hwmon0/name', 'coretemp\n');
    expect(await readPower(root)).toBeNull();
  });

  it.each([
    ['0', { underVoltage: false, throttled: false }],
    ['50005', { underVoltage: true, throttled: true }],
    ['0x50000', { underVoltage: false, throttled: false }],
    ['1', { underVoltage: true, throttled: false }],
    ['2', { underVoltage: false, throttled: true }],
    ['80008', { underVoltage: false, throttled: true }],
  ])('get_throttled %s', async (text, reading) => {
    put(THROTTLED, `${text}\n`);
    expect(await readPower(root)).toEqual(reading);
  });

  it('takes the alarm of rpi_volt, and of no other sensor', async () => {
    putHwmon('1', 'nct6775', 'hwmon0');
    putHwmon('0');
    expect(await readPower(root)).toEqual({ underVoltage: false, throttled: null });
    putHwmon('1');
    expect(await readPower(root)).toEqual({ underVoltage: true, throttled: null });
    put(THROTTLED, '0\n');
    expect(await readPower(root)).toEqual({ underVoltage: true, throttled: false });
  });

  it('takes nonsense for not known', async () => {
    put(THROTTLED, 'no such device\n');
    putHwmon('yes');
    expect(await readPower(root)).toBeNull();
  });

  it('is read again and again until it is stopped', async () => {
    const told: (PowerReading | null)[] = [];
    putHwmon('0');
    const meter = startPowerMeter((reading) => told.push(reading), { root, everyMs: 5 });
    await expect.poll(() => told.length, { timeout: 10_000 }).toBeGreaterThan(1);
    putHwmon('1');
    await expect.poll(() => told.at(-1), { timeout: 10_000 }).toEqual({ underVoltage: true, throttled: null });
    meter.stop();
    const count = told.length;
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(told.length).toBe(count);
  });
});

describe('power as findings', () => {
  const codes = (watch: PowerWatch) => watch.findings().map(({ code, severity }) => `${code} ${severity}`);

  it('a dip is an alarm while it lasts, and is remembered until it is cleared', () => {
    const watch = new PowerWatch();
    watch.take({ underVoltage: false, throttled: false }, 0);
    expect(codes(watch)).toEqual([]);
    watch.take({ underVoltage: true, throttled: true }, 1000);
    expect(codes(watch)).toEqual(['power-low alarm']);
    expect(watch.findings()[0]?.sinceMs).toBe(1000);
    watch.take({ underVoltage: false, throttled: false }, 3000);
    watch.take({ underVoltage: true, throttled: false }, 5000);
    watch.take({ underVoltage: false, throttled: false }, 7000);
    expect(codes(watch)).toEqual(['power-low warning']);
    expect(watch.findings()[0]?.symptom).toContain('2 times');
    watch.clear(8000);
    expect(codes(watch)).toEqual([]);
  });

  it('a clear does not hide a dip that stands', () => {
    const watch = new PowerWatch();
    watch.take({ underVoltage: true, throttled: null }, 0);
    watch.clear(100);
    expect(codes(watch)).toEqual(['power-low alarm']);
  });

  it('a hot processor is told apart, and not known is nothing', () => {
    const watch = new PowerWatch();
    watch.take({ underVoltage: false, throttled: true }, 0);
    expect(codes(watch)).toEqual(['power-throttled warning']);
    watch.take(null, 1);
    expect(codes(watch)).toEqual([]);
    expect(watch.state()).toBeNull();
  });
});
