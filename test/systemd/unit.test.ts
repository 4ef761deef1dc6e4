/** The units as systemd reads them. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { WORKER_LIMITS } from '../../src/heap.ts';
import { CRASHES_TO_SAFE } from '../../src/startLedger.ts';
import { EventLoopTurns, Watchdog } from '../../src/watchdog.ts';

const UNIT = 'systemd/lightkeeper.service';
const unit = readFileSync(UNIT, 'utf8');
const settings = (name: string) => [...unit.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map((match) => match[1]);
const analyze = (...words: string[]) => spawnSync('systemd-analyze', words, { encoding: 'utf8' });
const hasSystemd = analyze('--version').status === 0;

describe('the unit', () => {
  it.skipIf(!hasSystemd)('is exposed by no more than 2.0, by systemd-analyze security', () => {
    const { stdout } = analyze('security', '--offline=true', UNIT);
    const exposure = Number(/Overall exposure level[^:]*: ([\d.]+)/.exec(stdout)?.[1]);
    expect(exposure).toBeGreaterThan(0);
    expect(exposure).toBeLessThanOrEqual(2.0);
  });

  it.skipIf(!hasSystemd)('is understood by systemd-analyze verify, socket and all', () => {
    const { stderr } = analyze('verify', '--man=no', UNIT, 'systemd/lightkeeper.socket');
    // The program is not installed where the tests run; nothing else may be said of our units.
    const said = stderr.split('\n').filter((line) => /lightkeeper/.test(line) && !/is not executable/.test(line));
    expect(said).toEqual([]);
  });

  it('leaves the program what it needs: code generation, /proc/asound, the devices, whose modules come first', () => {
    expect(settings('MemoryDenyWriteExecute')).toEqual([]);
    expect(settings('ProcSubset')).toEqual([]);
    expect(settings('DeviceAllow')).toEqual(['char-alsa rw', 'char-i2c rw', 'char-gpiochip rw']);
    expect(settings('Wants')[0]).toContain('modprobe@snd.service');
    expect(settings('After')[0]).toContain('modprobe@snd.service');
    expect(settings('SupplementaryGroups')).toEqual(['audio i2c gpio']);
  });

  it('bounds the memory: every heap may hold 256 MB, and a freed picture goes back to the system, by flags that Node takes', () => {
    const [words] = settings('ExecStart');
    const flags = /node (.*?) \S+cli-entry\.js run$/.exec(words!)![1]!.split(' ');
    const environment = Object.fromEntries(
      settings('Environment')[0]!
        .split(' ')
        .map((one) => one.split('=')),
    );
    expect(environment).toMatchObject({ MALLOC_MMAP_THRESHOLD_: '131072', MALLOC_TRIM_THRESHOLD_: '131072' });
    const program = `
      const { Worker } = require('node:worker_threads');
      const limit = 'require("node:v8").getHeapStatistics().heap_size_limit / 2 ** 20';
      const worker = new Worker('require("node:worker_threads").parentPort.postMessage(' + limit + ')',
        { eval: true, resourceLimits: ${JSON.stringify(WORKER_LIMITS)} });
      worker.once('message', (mb) => console.log(JSON.stringify([eval(limit), mb])));`;
    const ran = spawnSync(process.execPath, [...flags, '-e', program], {
      encoding: 'utf8',
      env: { ...process.env, ...environment },
    });
    const limitsMb = JSON.parse(ran.stdout) as number[];
    expect(limitsMb).toHaveLength(2);
    // The young generation's megabytes are counted with the old one's.
    for (const mb of limitsMb) {
      expect(mb).toBeGreaterThanOrEqual(256);
      expect(mb).toBeLessThan(270);
    }
  });

  it('starts anew for ever but not endlessly: safe mode comes before it gives up', () => {
    expect(settings('Restart')).toEqual(['always']);
    expect(settings('WatchdogSec')).toEqual(['10']);
    const [burst] = settings('StartLimitBurst').map(Number);
    const [intervalS] = settings('StartLimitIntervalSec').map(Number);
    expect(burst).toBeGreaterThan(CRASHES_TO_SAFE);
    // Ten starts, each hanging until the watchdog ends it, must still fit into the interval.
    expect(intervalS).toBeGreaterThan(burst! * (10 + 1));
  });
});

describe('the watchdog', () => {
  it('is fed only when each loop turned since it was fed last', () => {
    const turns = [0, 0];
    let fed = 0;
    const stuck: string[][] = [];
    const dog = new Watchdog({
      loops: turns.map((_, i) => ({ name: `loop ${i}`, turns: () => turns[i]! })),
      feed: () => fed++,
      onStuck: (names) => stuck.push([...names]),
    });
    expect(dog.look()).toEqual(['loop 0', 'loop 1']);
    turns[0] = 5;
    expect(dog.look()).toEqual(['loop 1']);
    expect(fed).toBe(0);
    expect(stuck).toEqual([['loop 1']]);
    // The turn of loop 0 is remembered: both turned since the last feed.
    turns[1] = 1;
    expect(dog.look()).toEqual([]);
    expect(fed).toBe(1);
    turns[1] = 2;
    for (let i = 0; i < 5; i++) expect(dog.look()).toEqual(['loop 0']);
    expect(fed).toBe(1);
    expect(stuck).toEqual([['loop 1'], ['loop 0']]);
    // A count that wraps round has turned.
    turns[0] = -(2 ** 31);
    expect(dog.look()).toEqual([]);
    expect(fed).toBe(2);
  });

  it('counts turns of the event loop only while the server listens', async () => {
    let listening = true;
    const loop = new EventLoopTurns(() => listening);
    loop.start(1);
    while (loop.turns < 3) await new Promise((resolve) => setTimeout(resolve, 1));
    listening = false;
    await new Promise((resolve) => setTimeout(resolve, 5));
    const before = loop.turns;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(loop.turns).toBe(before);
    loop.stop();
  });
});
