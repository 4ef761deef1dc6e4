/** npm run panel-wire: what each page costs on the I2C bus, from a real recording; writes docs/panel-wire.md. */
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { loadFonts } from '../../src/device/panel/loadFonts.ts';
import { OledDriver } from '../../src/device/panel/oledDriver.ts';
import { WavReader } from '../../src/device/wav/wavReader.ts';
import { ChannelMeter, kernelOptions } from '../../src/dsp/channelMeter.ts';
import { createTwinMeter } from '../../src/dsp/meterTwin.ts';
import { Framebuffer } from '../../src/ui/framebuffer.ts';
import { initialUi, type Page } from '../../src/ui/navigation.ts';
import { createPanelApp } from '../../src/ui/panelApp.ts';
import type { PanelView } from '../../src/ui/view.ts';
import { recordingDir } from '../support/fetchRecording.mjs';
import { bank, finding, type Rig, rig, rigBanks } from '../ui/fixtures.ts';

const SECONDS = 20;
const FPS = 30;
const WORDS = [
  'Front_Center',
  'Front_Left',
  'Front_Right',
  'Rear_Center',
  'Rear_Left',
  'Rear_Right',
  'Side_Left',
  'Side_Right',
];

/** Clocks of one write: start, 9 a byte with the address byte, stop. */
const clocks = (bytes: number) => 2 + 9 * (bytes + 1);

interface LevelsAt {
  readonly meter: Int32Array;
  readonly hold: Int32Array;
}

/** 34 people talking without a pause: each channel strings the eight recordings together in an order of its own. */
function recordedLevels(channels: number): { frames: LevelsAt[]; rateHz: number } {
  const words = WORDS.map((word) => {
    const opened = WavReader.open(`${recordingDir()}/${word}.wav`);
    if (!opened.ok) throw new Error(opened.fault.what);
    const reader = opened.value;
    const samples = new Int32Array(reader.info.frames);
    reader.read(samples, reader.info.frames);
    // Cut where nobody speaks yet or any more: below -50 dBFS.
    const loud = (value: number) => Math.abs(value) > 2 ** 31 / 316;
    return samples.subarray(samples.findIndex(loud), samples.findLastIndex(loud));
  });
  const rateHz = 48_000;
  const period = rateHz / 100;
  const options = {
    channels,
    rateHz,
    maxFrames: period,
    fullScale24: 8_388_607,
    clipRun: 3,
    holdMs: 1000,
    movement: 'peak',
    diagnose: false,
  } as const;
  const meter = createTwinMeter({ ...kernelOptions(options), truePeak: false });
  const levels = new ChannelMeter(meter, options);
  const talk = Array.from({ length: channels }, (_, c) => {
    const order = WORDS.map((_, i) => words[(c * 3 + i * (1 + 2 * (c % 4))) % 8]!);
    const length = order.reduce((sum, word) => sum + word.length, 0);
    const all = new Int32Array(length);
    let at = 0;
    for (const word of order) {
      all.set(word, at);
      at += word.length;
    }
    return all;
  });
  const frames: LevelsAt[] = [];
  let position = 0;
  for (let frame = 0; frame < SECONDS * FPS; frame++) {
    const end = Math.round(((frame + 1) * rateHz) / FPS / period) * period;
    for (; position < end; position += period) {
      for (let i = 0; i < period; i++)
        for (let c = 0; c < channels; c++)
          meter.input[i * channels + c] = talk[c]![(position + i + c * 7919) % talk[c]!.length]!;
      meter.process(period);
      levels.update(period);
    }
    frames.push({ meter: levels.meterDbX100.slice(), hold: levels.holdDbX100.slice() });
  }
  return { frames, rateHz };
}

/** The panel's frames while those people talk: bars at 30 a second, numbers at 2. */
function pageFrames(page: Page, parts: Rig, levels: readonly LevelsAt[]): Uint8Array[] {
  const app = createPanelApp({ fonts: loadFonts() });
  let view: PanelView = rig(parts);
  return levels.map((at, i) => {
    view.levels.meterDbX100.set(at.meter.subarray(0, view.levels.channels));
    view.levels.holdDbX100.set(at.hold.subarray(0, view.levels.channels));
    if (i % (FPS / 2) === 0) {
      const channels = view.snapshot.channels.map((channel, c) => ({
        ...channel,
        holdDbfs: at.hold[c]! / 100,
        peakDbfs: at.meter[c]! / 100,
        rmsDbfs: at.meter[c]! / 100 - 12,
      }));
      view = {
        ...view,
        snapshot: {
          ...view.snapshot,
          seq: i,
          uptimeMs: i * 33,
          channels,
          clock: { ...view.snapshot.clock, rateErrorPpm: -3.2 + (i % 4) / 10 },
        },
      };
    }
    return app.render(view, initialUi(0, page), (i * 1000) / FPS);
  });
}

function row(name: string, own: Cost, other: Awaited<ReturnType<typeof theirs>>): string {
  const n = (value: number, digits = 1) => value.toFixed(digits);
  return `| ${name} | ${n(own.bytesPerFrame, 0)} | ${n(own.writesPerFrame)} | ${n(own.msPerFrame400, 2)} (${n(own.worstMs400)}) | ${n(own.busy400 * 100)} % | ${n(own.fps100)} | ${n(other.bytesPerFrame, 0)} | ${n(other.writesPerFrame, 0)} | ${n(other.msPerFrame400)} |`;
}

interface Cost {
  bytesPerFrame: number;
  writesPerFrame: number;
  msPerFrame400: number;
  worstMs400: number;
  busy400: number;
  fps100: number;
}

/** Our driver on a paced bus in virtual time. */
function ours(frames: readonly Uint8Array[], khz: number, afterStart: boolean) {
  let nowMs = 0;
  let busyMs = 0;
  let bytes = 0;
  let writes = 0;
  const perFrame: number[] = [];
  const driver = new OledDriver({
    settings: { chip: 'ssd1306', flip: false, invert: false },
    now: () => nowMs,
    open: () => ({
      ok: true,
      value: {
        write: (_address, data) => {
          const ms = clocks(data.length) / khz;
          nowMs += ms;
          busyMs += ms;
          bytes += data.length + 1;
          writes++;
          return null;
        },
        close: () => undefined,
      },
    }),
  });
  // Set-up and the first whole picture are paid once, before the clock starts.
  driver.show(frames[0]!);
  while (driver.step() === 0);
  if (afterStart) {
    nowMs = 0;
    busyMs = 0;
    bytes = 0;
    writes = 0;
  }
  const sweepsBefore = driver.counts.sweeps;
  frames.forEach((frame, i) => {
    driver.show(frame);
    const until = Math.max(nowMs, ((i + 1) * 1000) / FPS);
    const before = busyMs;
    while (nowMs < until) if (driver.step() !== 0) break;
    nowMs = Math.max(nowMs, until);
    perFrame.push(busyMs - before);
  });
  return { nowMs, busyMs, bytes, writes, perFrame, sweeps: driver.counts.sweeps - sweepsBefore };
}

function cost(frames: readonly Uint8Array[]): Cost {
  const fast = ours(frames, 400, true);
  const slow = ours(frames, 100, true);
  return {
    bytesPerFrame: fast.bytes / frames.length,
    writesPerFrame: fast.writes / frames.length,
    msPerFrame400: fast.busyMs / frames.length,
    worstMs400: Math.max(...fast.perFrame),
    busy400: fast.busyMs / fast.nowMs,
    // With time to spare every frame is shown; else as many as it gets around.
    fps100: slow.busyMs < 0.95 * slow.nowMs ? FPS : Math.min(FPS, slow.sweeps / (slow.nowMs / 1000)),
  };
}

/** oled-i2c-bus on the same frames: the pixels that changed, through its drawPixel, as its users do. */
async function theirs(
  frames: readonly Uint8Array[],
): Promise<{ bytesPerFrame: number; writesPerFrame: number; msPerFrame400: number }> {
  const Oled = createRequire(import.meta.url)('oled-i2c-bus') as new (
    wire: object,
    options: object,
  ) => { drawPixel(pixels: number[][], sync: boolean): void; update(): void };
  let bytes = 0;
  let writes = 0;
  let ms = 0;
  const count = (length: number) => {
    bytes += length + 1;
    writes++;
    ms += clocks(length) / 400;
  };
  const wire = {
    i2cWriteSync: (_address: number, length: number) => count(length),
    i2cReadSync: (_address: number, length: number, into: Buffer) => {
      count(length);
      into[0] = 0;
    },
  };
  const oled = new Oled(wire, { width: 128, height: 64 });
  // It asks the panel whether it is busy, and writes from a callback.
  const settled = () => new Promise((resolve) => setTimeout(resolve, 1));
  let shown = new Framebuffer();
  oled.update();
  await settled();
  bytes = 0;
  writes = 0;
  ms = 0;
  for (const bytesOf of frames) {
    const frame = new Framebuffer(128, 64, bytesOf);
    const pixels: number[][] = [];
    for (let y = 0; y < 64; y++)
      for (let x = 0; x < 128; x++)
        if (frame.get(x, y) !== shown.get(x, y)) pixels.push([x, y, frame.get(x, y) ? 1 : 0]);
    if (pixels.length > 0) {
      oled.drawPixel(pixels, true);
      await settled();
    }
    shown = frame;
  }
  return {
    bytesPerFrame: bytes / frames.length,
    writesPerFrame: writes / frames.length,
    msPerFrame400: ms / frames.length,
  };
}

it('measures every page and writes docs/panel-wire.md', async () => {
  const { frames: levels } = recordedLevels(34);
  const eighteen = [
    bank({ id: 'analogue', name: 'Analogue', kind: 'analogue', first: 1, last: 8 }),
    bank({ id: 'spdif', name: 'S/PDIF', kind: 'spdif', first: 9, last: 10 }),
    bank({ id: 'adat-a', name: 'ADAT A', first: 11, last: 18, box: 'OctoPre' }),
  ];
  const slipping = { sync: 'lock', ppm: 23.1, slips: 120, slipsPerMinute: 66 } as const;
  const pages: [string, Page, Rig][] = [
    ['overview, 34 channels', { kind: 'overview' }, {}],
    [
      'overview, 34 channels, LOCK! blinking',
      { kind: 'overview' },
      { banks: rigBanks(slipping), findings: [finding()] },
    ],
    ['overview, 18 channels', { kind: 'overview' }, { banks: eighteen }],
    ['bank of 8', { kind: 'bank', bank: 'adat-a', part: 0 }, {}],
    ['channel', { kind: 'channel', index: 12 }, {}],
    ['clocks', { kind: 'sync', part: 0 }, { banks: rigBanks(slipping) }],
    ['one clock', { kind: 'syncBank', bank: 'adat-a' }, { banks: rigBanks(slipping) }],
    ['patch', { kind: 'patch', bank: 'adat-a', part: 0 }, {}],
    ['network', { kind: 'network' }, {}],
    ['system', { kind: 'system' }, {}],
  ];
  const lines: string[] = [];
  const costs = new Map<string, Cost>();
  for (const [name, page, parts] of pages) {
    const frames = pageFrames(page, parts, levels);
    const own = cost(frames);
    const other = await theirs(frames);
    costs.set(name, own);
    lines.push(row(name, own, other));
  }
  const all = costs.get('overview, 34 channels')!;
  const few = costs.get('overview, 18 channels')!;
  // The bounds: each of 34 bars anywhere in each frame; every byte of the panel.
  let random = 1;
  const next = () => {
    random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0;
    return random >>> 8;
  };
  const jumping = Array.from({ length: 300 }, () => {
    const meter = Int32Array.from({ length: 34 }, () => -(next() % 6000));
    return { meter, hold: meter };
  });
  const worst: [string, Uint8Array[]][] = [
    ['34 bars, each anywhere in every frame', pageFrames({ kind: 'overview' }, {}, jumping)],
    ['18 bars, each anywhere in every frame', pageFrames({ kind: 'overview' }, { banks: eighteen }, jumping)],
    [
      'every byte in every frame',
      Array.from({ length: 300 }, (_, i) => new Uint8Array(1024).fill((i * 37 + 1) & 0xff)),
    ],
  ];
  for (const [name, frames] of worst) {
    const own = cost(frames);
    costs.set(name, own);
    lines.push(row(name, own, await theirs(frames)));
  }
  const jump34 = costs.get('34 bars, each anywhere in every frame')!;
  const jump18 = costs.get('18 bars, each anywhere in every frame')!;
  writeFileSync(
    new URL('../../docs/panel-wire.md', import.meta.url),
    `# What the panel costs on its bus

Made by \`npm run panel-wire\`. ${SECONDS} s of speech (the recordings of Debian's alsa-utils, another order on each channel, no
pauses) through the program's own meters, ${FPS} frames a second, numbers twice a second. Bytes count the address byte; a write takes
start, stop and 9 clocks a byte. No kernel or adapter overhead is in here. Ours: the page-diff driver in virtual time; at 100 kHz it
sends what it can, newest frame first. Beside it oled-i2c-bus 1.0.12 with the pixels that changed, through its \`drawPixel\`; it blocks
its caller for all of that time.

| Page | bytes a frame | writes | ms at 400 kHz, mean (worst) | of a 400 kHz bus at 30 fps | fps at 100 kHz | oled-i2c-bus: bytes | transactions | ms at 400 kHz |
|---|---|---|---|---|---|---|---|---|
${lines.join('\n')}

34 moving meters leave ${((1 - all.busy400) * 100).toFixed(0)} % of a 400 kHz bus free, and ${((1 - jump34.busy400) * 100).toFixed(0)} % when each bar jumps in every frame (target: 25 %).
18 run at ${few.fps100.toFixed(1)} frames a second on a 100 kHz bus, and at ${jump18.fps100.toFixed(1)} when each bar jumps in every frame (target: 15).
`,
  );
  expect(1 - jump34.busy400).toBeGreaterThanOrEqual(0.25);
  expect(1 - all.busy400).toBeGreaterThanOrEqual(0.25);
  expect(few.fps100).toBeGreaterThanOrEqual(15);
});
