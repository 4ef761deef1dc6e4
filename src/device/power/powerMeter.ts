/**
 * How a Raspberry Pi fares with its power, as the firmware tells it through the kernel. Read from files, so that a folder
 * stands in for them in tests. Elsewhere there are no such files: null, not known.
 *
 * `get_throttled` (drivers/firmware/raspberrypi.c): hexadecimal; bit 0 under-voltage now, bit 1 frequency capped, bit 2
 * throttled, bit 3 soft temperature limit; bits 16 to 19 the same since the start. `in0_lcrit_alarm` of the hwmon device
 * `rpi_volt` (drivers/hwmon/raspberrypi-hwmon.c): 1 while the firmware has seen under-voltage in the last 2 s.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface PowerReading {
  /** Supply below about 4.63 V. null: not told. */
  readonly underVoltage: boolean | null;
  /** The processor is held down now, for its supply or its temperature. null: not told. */
  readonly throttled: boolean | null;
}

const UNDER_VOLTAGE = 0x1;
const HELD_DOWN = 0x2 | 0x4 | 0x8;

async function textOf(path: string): Promise<string | null> {
  return readFile(path, 'utf8').then(
    (text) => text.trim(),
    () => null,
  );
}

/** One reading; null where neither file is there or makes sense. `root`: in place of `/`. */
export async function readPower(root = '/'): Promise<PowerReading | null> {
  const bits = await textOf(join(root, 'sys/devices/platform/soc/soc:firmware/get_throttled'));
  const alarm = await hwmonAlarm(root);
  const told = bits !== null && /^(0x)?[0-9a-f]{1,8}$/i.test(bits) ? Number.parseInt(bits, 16) : null;
  if (told === null && alarm === null) return null;
  return {
    underVoltage: told === null ? alarm : (told & UNDER_VOLTAGE) !== 0 || alarm === true,
    throttled: told === null ? null : (told & HELD_DOWN) !== 0,
  };
}

async function hwmonAlarm(root: string): Promise<boolean | null> {
  const folder = join(root, 'sys/class/hwmon');
  for (const name of await readdir(folder).catch(() => [])) {
    if ((await textOf(join(folder, name, 'name'))) !== 'rpi_volt') continue;
    const alarm = await textOf(join(folder, name, 'in0_lcrit_alarm'));
    if (alarm === '0' || alarm === '1') return alarm === '1';
  }
  return null;
}

export interface PowerMeter {
  stop(): void;
}

/** Where nothing is told it is asked again so much more seldom: no Raspberry Pi, or its driver comes late. */
const SELDOM = 15;

/** Reads every `everyMs` (the kernel asks the firmware every 2 s) and tells each reading. */
export function startPowerMeter(
  tell: (reading: PowerReading | null) => void,
  { root = '/', everyMs = 2000 }: { readonly root?: string; readonly everyMs?: number } = {},
): PowerMeter {
  let timer: NodeJS.Timeout | undefined;
  let running = true;
  const turn = async () => {
    const reading = await readPower(root);
    if (!running) return;
    tell(reading);
    timer = setTimeout(() => void turn(), reading === null ? everyMs * SELDOM : everyMs);
    timer.unref();
  };
  void turn();
  return {
    stop() {
      running = false;
      clearTimeout(timer);
    },
  };
}
