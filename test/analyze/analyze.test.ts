import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Analysis, analyze } from '../../src/analyze/analyze.ts';
import { banksByName } from '../../src/analyze/banksByName.ts';
import { band } from '../dsp/slip/material.ts';
import { writeWav as writeTake } from '../support/wav.ts';

const RATE = 48_000;
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lightkeeper-analyze-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A 24-bit WAVE file of left-justified frames. `rf64`: with its sizes in a ds64 chunk. */
function writeWav(name: string, block: Int32Array, channels: number, rf64 = false): string {
  const data = Buffer.alloc(block.length * 3);
  for (let i = 0; i < block.length; i++) data.writeIntLE(block[i]! >> 8, i * 3, 3);
  const format = Buffer.alloc(24);
  format.write('fmt ', 0);
  format.writeUInt32LE(16, 4);
  format.writeUInt16LE(1, 8);
  format.writeUInt16LE(channels, 10);
  format.writeUInt32LE(RATE, 12);
  format.writeUInt32LE(RATE * channels * 3, 16);
  format.writeUInt16LE(channels * 3, 20);
  format.writeUInt16LE(24, 22);
  const head = Buffer.alloc(12);
  head.write(rf64 ? 'RF64' : 'RIFF', 0);
  head.writeUInt32LE(rf64 ? 0xffffffff : 36 + data.length, 4);
  head.write('WAVE', 8);
  const ds64 = Buffer.alloc(rf64 ? 36 : 0);
  if (rf64) {
    ds64.write('ds64', 0);
    ds64.writeUInt32LE(28, 4);
    ds64.writeBigUInt64LE(BigInt(72 + data.length), 8);
    ds64.writeBigUInt64LE(BigInt(data.length), 16);
    ds64.writeBigUInt64LE(BigInt(data.length / 3 / channels), 24);
  }
  const dataHead = Buffer.alloc(8);
  dataHead.write('data', 0);
  dataHead.writeUInt32LE(rf64 ? 0xffffffff : data.length, 4);
  const path = join(folder, name);
  writeFileSync(path, Buffer.concat([head, ds64, format, dataHead, data]));
  return path;
}

async function analysisOf(
  paths: string[],
  banks: NonNullable<Parameters<typeof analyze>[0]['banks']> = [],
): Promise<Analysis> {
  const result = await analyze({ paths, banks });
  if (!result.ok) throw new Error(result.fault.what);
  return result.value.analysis;
}

/** Eight analogue channels and a bank that lost a frame every `period` frames. */
function rig(seconds: number, period: number): { block: Int32Array; drops: number[] } {
  const frames = seconds * RATE;
  const source = band(8, frames + 200, 31);
  const block = new Int32Array(frames * 16);
  const drops: number[] = [];
  let skip = 0;
  for (let n = 0; n < frames; n++) {
    if (period > 0 && n > 0 && n % period === 0) {
      skip++;
      drops.push(n);
    }
    for (let c = 0; c < 8; c++) {
      block[n * 16 + c] = source[(frames - 1 - n) * 8 + c]!;
      block[n * 16 + 8 + c] = source[(n + skip) * 8 + c]!;
    }
  }
  return { block, drops };
}

describe('the analysis of a take', () => {
  it('finds the bank that slips, with its ppm and its slips at their frames, in a plain file and in RF64 alike', async () => {
    const { block, drops } = rig(20, 25_000);
    const banks = [
      { id: 'analogue', name: 'Analogue', kind: 'analogue' as const, first: 1, last: 8 },
      { id: 'adat-a', name: 'ADAT A', kind: 'adat' as const, first: 9, last: 16 },
    ];
    const plain = await analysisOf([writeWav('slip.wav', block, 16)], banks);
    expect(plain.banks.map(({ id, first, last }) => ({ id, first, last }))).toEqual([
      { id: 'analogue', first: 1, last: 8 },
      { id: 'adat-a', first: 9, last: 16 },
    ]);
    const adat = plain.banks[1]!;
    expect(adat).toMatchObject({ sync: 'lock', basis: 'audio' });
    expect(adat.ppm!).toBeCloseTo(40, 2);
    expect(adat.slips.length).toBeGreaterThan(drops.length * 0.8);
    for (const slip of adat.slips) {
      expect(slip).toMatchObject({ kind: 'drop', frames: 1 });
      expect(Math.min(...drops.map((at) => Math.abs(at - slip.frame)))).toBeLessThanOrEqual(3);
    }
    expect(plain.banks[0]!.sync).not.toBe('lock');
    expect(plain.banks[0]!.slips).toEqual([]);
    expect(plain.events.filter((event) => event.code === 'slip-drop')).toHaveLength(adat.slips.length);
    const big = await analysisOf([writeWav('slip.rf64', block, 16, true)], banks);
    expect({ ...big, files: [] }).toEqual({ ...plain, files: [] });
  }, 120_000);

  it('does not lose what it heard to silence at the end of the take, and says how far its word goes', async () => {
    const banks = [{ id: 'adat-a', name: 'ADAT A', kind: 'adat' as const, first: 1, last: 8 }];
    const frames = 60 * RATE;
    const music = band(8, frames, 31);
    const [whole] = (await analysisOf([writeWav('whole.wav', music, 8)], banks)).banks;
    expect(whole).toMatchObject({ sync: 'sync', basis: 'audio', syncUntilFrame: frames, cantTell: null, slips: [] });
    const tail = new Int32Array((frames + 5 * RATE) * 8);
    tail.set(music);
    const [faded] = (await analysisOf([writeWav('tail.wav', tail, 8)], banks)).banks;
    expect(faded).toMatchObject({ sync: 'sync', basis: 'audio', cantTell: null });
    expect(faded!.syncUntilFrame! / RATE).toBeGreaterThan(57);
    expect(faded!.syncUntilFrame! / RATE).toBeLessThanOrEqual(61);
    // What plays behind the silence may be on another clock: no word of the take, but of how far it was known.
    const encore = new Int32Array((frames + 17 * RATE) * 8);
    encore.set(music);
    encore.set(music.subarray(0, 15 * RATE * 8), (frames + 2 * RATE) * 8);
    const [open] = (await analysisOf([writeWav('encore.wav', encore, 8)], banks)).banks;
    expect(open).toMatchObject({ sync: 'unknown', basis: 'none', boundPpm: null, cantTell: { why: 'tooLittle' } });
    expect(open!.syncUntilFrame).toBe(faded!.syncUntilFrame);
    // A frame that is missing right before the silence is no good end.
    const cut = new Int32Array((frames + 5 * RATE) * 8);
    const at = frames - 4.3 * RATE;
    cut.set(music.subarray(0, at * 8));
    cut.set(music.subarray((at + 1) * 8), at * 8);
    const [slipped] = (await analysisOf([writeWav('cut.wav', cut, 8)], banks)).banks;
    expect(slipped).toMatchObject({ sync: 'unknown', syncUntilFrame: null });
    expect(slipped!.slips).toHaveLength(1);
    const [short] = (await analysisOf([writeWav('short.wav', music.subarray(0, 15 * RATE * 8), 8)], banks)).banks;
    expect(short).toMatchObject({ sync: 'unknown', cantTell: { why: 'tooLittle' } });
    expect(short!.cantTell!.heardPercent).toBeGreaterThan(5);
    expect(short!.cantTell!.heardPercent).toBeLessThan(70);
  }, 120_000);

  it('measures levels, clips, silence, bits and offset of each channel', async () => {
    const frames = RATE;
    const block = new Int32Array(frames * 4);
    for (let n = 0; n < frames; n++) {
      block[n * 4] = Math.round(8388607 * Math.sin((2 * Math.PI * 1000 * n) / RATE)) * 256;
      block[n * 4 + 1] = n >= 100 && n < 104 ? 0x7fffff00 : 65536 * ((n % 7) - 3);
      block[n * 4 + 3] = 0x10000000;
    }
    const { channels, bits, frames: counted, events } = await analysisOf([writeWav('levels.wav', block, 4)]);
    expect({ bits, counted }).toEqual({ bits: 24, counted: frames });
    expect(channels[0]).toMatchObject({ peakDbfs: 0, rmsDbfs: -3.01, dcDbfs: null, clips: 0, silence: 'none' });
    expect(channels[0]!.truePeakDbtp!).toBeCloseTo(0, 1);
    expect(channels[1]).toMatchObject({ clips: 1, peakDbfs: 0, usedBits: 24 });
    expect(channels[2]).toMatchObject({ peakDbfs: null, rmsDbfs: null, usedBits: 0, silence: 'digitalZero' });
    expect(channels[3]).toMatchObject({ peakDbfs: -18.06, dcDbfs: -18.06, silence: 'frozen', usedBits: 4 });
    expect(events).toContainEqual({ frame: 102, code: 'clip', channels: [2] });
  });

  it('gives every reading of docs/metering.md: hum, flat tops, offset, stuck bits, copies, polarity, loudness of groups', async () => {
    const seconds = 12;
    const frames = seconds * RATE;
    const wide = 8;
    const block = new Int32Array(frames * wide);
    const full = 8388607;
    let seed = 7;
    const noise = () => {
      seed = (Math.imul(seed, 1664525) + 1013904223) | 0;
      return seed / 2 ** 31;
    };
    const word = (value: number) => Math.round(value) * 256;
    for (let n = 0; n < frames; n++) {
      const tone = Math.sin((2 * Math.PI * 997 * n) / RATE);
      const hum = [1, 2, 3].reduce((sum, h) => sum + Math.sin((2 * Math.PI * 50.02 * h * n) / RATE) / h, 0);
      const hiss = noise();
      const at = n * wide;
      // 1-2: a stereo programme at -23 dBFS; 3: hum on an idle input; 4: clipped by a pad at -6 dBFS.
      block[at] = word(full * 10 ** (-23 / 20) * tone);
      block[at + 1] = block[at]!;
      block[at + 2] = word(full * (10 ** (-70 / 20) * hum + 10 ** (-100 / 20) * hiss));
      block[at + 3] = word(full * Math.max(-0.5, Math.min(0.5, 0.8 * tone)));
      // 5: an offset of -40 dBFS; 6: bit 12 of 24 stuck at 1; 7-8: turned against each other.
      block[at + 4] = word(full * 0.01 + 1000 * hiss);
      block[at + 5] = word(full * 0.1 * hiss) | 0x00100000;
      block[at + 6] = word(full * 0.1 * hiss);
      block[at + 7] = -block[at + 6]!;
    }
    const path = writeWav('readings.wav', block, wide);
    const result = await analyze({ paths: [path], meter: 'ppmEbu', groups: [[1, 2], [7]] });
    if (!result.ok) throw new Error(result.fault.what);
    const { channels, loudness, meter } = result.value.analysis;
    expect(meter).toBe('ppmEbu');
    // A tone of -23 dBFS is 5 dB under the EBU's test level, and a stereo one reads -23 LUFS.
    expect(channels[0]!.meterMaxDb!).toBeCloseTo(-5, 1);
    expect(channels[0]!).toMatchObject({ crestDb: 3.01, copyOf: null, hum: null, flatTop: false, dcFlag: false });
    expect(channels[1]!.copyOf).toBe(1);
    expect(loudness).toHaveLength(2);
    expect(loudness[0]!.channels).toEqual([1, 2]);
    expect(Math.abs(loudness[0]!.integratedLufs! + 23)).toBeLessThanOrEqual(0.1);
    expect(loudness[0]!.rangeLu).toBeLessThan(0.1);
    expect(channels[2]!.hum).toMatchObject({ baseHz: 50 });
    // Peaks of -70 dBFS x 1, 1/2, 1/3: -71.68 dBFS RMS together.
    expect(Math.abs(channels[2]!.hum!.levelDbfs + 71.68)).toBeLessThan(1);
    expect(channels[2]!.silence).toBe('noiseFloor');
    expect(channels[3]!).toMatchObject({ flatTop: true, clips: 0 });
    expect(channels[4]!).toMatchObject({ dcFlag: true });
    expect(channels[4]!.dcDbfs!).toBeCloseTo(-40, 0);
    expect(channels[5]!.stuckAtOne & 0x00100000).not.toBe(0);
    expect(channels[6]!.oppositeSeconds).toBeGreaterThanOrEqual(seconds - 1);
    const rows = result.value.csv.trim().split('\n');
    expect(rows).toHaveLength(wide + 1);
    const column = (name: string, row: number) => rows[row]!.split(',')[rows[0]!.split(',').indexOf(name)];
    expect(column('hum_hz', 3)).toBe('50');
    expect(column('copy_of', 2)).toBe('1');
    expect(column('integrated_lufs', 1)).toBe(loudness[0]!.integratedLufs!.toFixed(2));
  });

  it('names a channel that a loudness group wants and the take has not', async () => {
    const path = writeWav('two.wav', new Int32Array(960), 2);
    expect(await analyze({ paths: [path], groups: [[2, 3]] })).toMatchObject({
      ok: false,
      fault: { code: 'loudness-channel' },
    });
  });

  it('takes a folder of mono takes as the channels of one take, by the numbers in their names', async () => {
    const takes = join(folder, 'takes');
    mkdirSync(takes);
    for (const k of [1, 2, 10])
      writeWav(
        `takes/Track ${k}.wav`,
        Int32Array.from({ length: 4800 }, () => k * 2 ** 20),
        1,
      );
    const { channels } = await analysisOf([takes]);
    expect(channels.map(({ name }) => name)).toEqual(['Track 1', 'Track 2', 'Track 10']);
    expect(channels[2]!.peakDbfs!).toBeCloseTo(20 * Math.log10((10 * 2 ** 12) / 8388607), 1);
  });

  it('refuses what is no take, in words', async () => {
    const empty = join(folder, 'empty');
    mkdirSync(empty);
    expect(await analyze({ paths: [empty] })).toMatchObject({ ok: false, fault: { code: 'wav-none' } });
    expect(await analyze({ paths: [join(folder, 'absent.wav')] })).toMatchObject({
      ok: false,
      fault: { code: 'wav-not-found' },
    });
  });

  it('tells its progress, up to the end', async () => {
    const seen: number[] = [];
    await analyze({
      paths: [writeWav('progress.wav', new Int32Array(RATE * 4), 1)],
      onProgress: (done) => seen.push(done),
    });
    expect(seen.length).toBeGreaterThan(20);
    expect(seen.at(-1)).toBe(1);
    expect([...seen].sort((a, b) => a - b)).toEqual(seen);
  });
});

describe('an analysis in several threads', () => {
  /** Threads run what was built, so the whole of it does. */
  const built = async (): Promise<typeof analyze> =>
    (await import(new URL('../../dist/analyze/analyze.js', import.meta.url).href)).analyze;
  const banks = [
    { id: 'analogue', name: 'Analogue', kind: 'analogue' as const, first: 1, last: 8 },
    { id: 'adat-a', name: 'ADAT A', kind: 'adat' as const, first: 9, last: 16 },
  ];

  /** A take that slips, clips, has holes on one channel and on all, and copies across banks. */
  function eventful(name: string): string {
    const { block } = rig(20, 31_000);
    for (let n = 0; n < 20 * RATE; n++) {
      if (n > 16 * RATE) block[n * 16 + 12] = block[n * 16 + 2]!;
      if (n % 100_000 < 5) block[n * 16 + 4] = 0x7fffff00;
      if (n > 3 * RATE && n < 4 * RATE) block[n * 16 + 6] = 0;
      if (n > 14 * RATE && n < 14.03 * RATE) block.fill(0, n * 16, n * 16 + 16);
    }
    return writeWav(name, block, 16);
  }

  it('is the same to the last digit, whatever their number', async () => {
    const analyzeBuilt = await built();
    // Nine groups: of two threads the second measures two, of three the third all.
    const groups = [[1, 16], [3], [2, 3, 9], [5, 6], [7], [12, 4], [8, 9, 10], [11, 16], [13, 2]];
    const options = { paths: [eventful('threads.wav')], banks, groups };
    const [one, two, three] = await Promise.all([1, 2, 3].map((threads) => analyzeBuilt({ ...options, threads })));
    expect(one!.ok && one!.value.analysis.banks[1]!.slips.length).toBeGreaterThan(10);
    const codes = new Set(one!.ok ? one!.value.analysis.events.map(({ code }) => code) : []);
    expect([...codes].sort()).toEqual(expect.arrayContaining(['clip', 'silence', 'slip-drop']));
    expect(one!.ok && one!.value.analysis.channels[12]!.copyOf).toBe(3);
    expect(one!.ok && one!.value.analysis.loudness.every(({ integratedLufs }) => integratedLufs !== null)).toBe(true);
    expect(JSON.stringify(two)).toBe(JSON.stringify(one));
    expect(JSON.stringify(three)).toBe(JSON.stringify(one));
  }, 60_000);

  it('ends them all when the file is cut while it is read, with the fault of one thread', async () => {
    const analyzeBuilt = await built();
    const threadsRunning = () => process.getActiveResourcesInfo().filter((name) => name === 'MessagePort').length;
    const before = threadsRunning();
    for (const threads of [1, 3]) {
      const path = eventful('cut.wav');
      let most = 0;
      const result = await analyzeBuilt({
        paths: [path],
        banks,
        threads,
        onProgress: () => {
          most = Math.max(most, threadsRunning());
          truncateSync(path, 10_000_000);
        },
      });
      expect(result).toMatchObject({ ok: false, fault: { code: 'wav-read-failed' } });
      expect(most > before).toBe(threads > 1);
      expect(threadsRunning()).toBe(before);
    }
  }, 60_000);
});

describe('banks by the names of channels', () => {
  const named = (names: string[]) =>
    banksByName(names)?.map(({ name, kind, first, last }) => [name, kind, first, last]);
  const numbered = (word: string, count: number) => Array.from({ length: count }, (_, i) => `${word} ${i + 1}`);

  it('reads the ways recorders name ports', () => {
    expect(named([...numbered('Analogue', 8), 'SPDIF L', 'SPDIF R', ...numbered('ADAT', 16)])).toEqual([
      ['Analogue', 'analogue', 1, 8],
      ['S/PDIF', 'spdif', 9, 10],
      ['ADAT', 'adat', 11, 18],
      ['ADAT #2', 'adat', 19, 26],
    ]);
    expect(named([...numbered('ADAT A', 2), ...numbered('ADAT B', 2), 'Loopback 1'])).toEqual([
      ['ADAT A', 'adat', 1, 2],
      ['ADAT B', 'adat', 3, 4],
      ['Loopback', 'loopback', 5, 5],
    ]);
  });

  it('says so where names tell nothing', () => {
    expect(banksByName(['Kick', 'Snare', ''])).toBeNull();
    expect(banksByName([])).toBeNull();
  });
});

describe('banks of a take that no map describes', () => {
  const quiet = (channels: number) => ({
    channels,
    encoding: 'pcm24' as const,
    samples: new Int32Array(channels * 4800),
  });
  const read = (name: string, spec: Parameters<typeof writeTake>[1], options: { interface?: string } = {}) => {
    const path = join(folder, name);
    writeTake(path, spec);
    return analyze({ paths: [path], ...options });
  };
  const idsOf = (result: Awaited<ReturnType<typeof analyze>>) =>
    result.ok ? result.value.analysis.banks.map((bank) => `${bank.id} ${bank.first}-${bank.last}`) : result.fault.code;

  it('are those of the interface that the user names, by USB id or a part of its name, at the rate of the take', async () => {
    const banks = ['analogue 1-8', 'loopback 9-10', 'spdif 11-12', 'adat-a 13-20'];
    expect(idsOf(await read('id.wav', quiet(20), { interface: '1235:8215' }))).toEqual(banks);
    expect(idsOf(await read('name.wav', quiet(20), { interface: '18i20 (3rd' }))).toEqual(banks);
    const double = await read('double.wav', { ...quiet(16), rateHz: 96_000 }, { interface: '1235:8215' });
    expect(idsOf(double)).toEqual(['analogue 1-8', 'loopback 9-10', 'spdif 11-12', 'adat-a 13-16']);
  });

  it('are not taken from a name that fits no interface, or several', async () => {
    expect(idsOf(await read('no.wav', quiet(20), { interface: 'Fostex' }))).toBe('interface-unknown');
    expect(idsOf(await read('no.wav', quiet(20), { interface: 'ffff:ffff' }))).toBe('interface-unknown');
    expect(idsOf(await read('no.wav', quiet(3), { interface: 'Scarlett' }))).toBe('interface-ambiguous');
  });

  it('are those of the interface that the file names in its description', async () => {
    const result = await read('bext.wav', { ...quiet(18), bext: 'Take 3, Scarlett 18i20 (2nd Gen), with OctoPre' });
    expect(idsOf(result)).toEqual(['analogue 1-8', 'spdif 9-10', 'adat-a 11-18']);
    expect(result.ok && result.value.banksFrom).toBe('description');
  });

  it('are groups of eight behind the analogue ones that the tracks name, else from the first on, and the guess is said', async () => {
    const names = Array.from({ length: 18 }, (_, c) => (c < 8 ? `Analogue ${c + 1}` : `Track ${c + 1}`));
    const named = await read('names.wav', { ...quiet(18), ixmlNames: names });
    expect(idsOf(named)).toEqual(['analogue 1-8', 'ch-9 9-16', 'ch-17 17-18']);
    const guessed = await read('guess.wav', quiet(18));
    expect(idsOf(guessed)).toEqual(['ch-1 1-8', 'ch-9 9-16', 'ch-17 17-18']);
    expect(guessed.ok && guessed.value.analysis.events[0]).toMatchObject({ frame: 0, code: 'banks-guessed' });
  });
});
