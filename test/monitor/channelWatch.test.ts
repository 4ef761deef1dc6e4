import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { defaultConfig } from '../../src/config/defaults.ts';
import type { Config } from '../../src/config/schema.ts';
import { factsOf } from '../../src/diagnosis/facts.ts';
import { ChannelWatch, loudnessGroups, meterSection, UNREAD_CHANNEL } from '../../src/monitor/channelWatch.ts';
import { NO_SIGNAL } from '../../src/monitor/levels.ts';
import type { SlowReadings } from '../../src/monitor/slowReadings.ts';
import { Channel, type SilenceWord } from '../../src/monitor/snapshot.ts';

const COUNT = 4;

function readings(
  change: (r: { -readonly [K in keyof SlowReadings]: SlowReadings[K] }) => void = () => {},
): SlowReadings {
  const dark = () => new Int32Array(COUNT).fill(NO_SIGNAL);
  const all = {
    frame: 48_000,
    peakMaxDbX100: dark(),
    crestDbX100: dark(),
    noiseFloorDbX100: dark(),
    dcDbX100: dark(),
    dcFlag: new Uint8Array(COUNT),
    flatTop: new Uint8Array(COUNT),
    overSamples: new Float64Array(COUNT),
    usedBits: new Uint8Array(COUNT).fill(24),
    stuckAtOne: new Uint32Array(COUNT),
    stuckAtZero: new Uint32Array(COUNT),
    copyOf: new Int16Array(COUNT).fill(-1),
    opposite: new Uint8Array(COUNT),
    humHz: new Uint8Array(COUNT),
    humDbX100: dark(),
    humHarmonics: new Uint8Array(COUNT),
    humStrongest: new Uint8Array(COUNT),
    loudness: [],
  };
  change(all);
  return all;
}

function rig(config: Partial<Config> = {}) {
  const watch = new ChannelWatch();
  watch.configure({ ...defaultConfig(), ...config }, []);
  let nowMs = 1000;
  watch.open(COUNT, nowMs);
  watch.take(readings());
  const words: SilenceWord[] = new Array<SilenceWord>(COUNT).fill('digitalZero');
  const channels = (): Channel[] =>
    words.map((silence, c) => ({
      index: c + 1,
      name: `Ch ${c + 1}`,
      bank: '',
      peakDbfs: null,
      meterDb: null,
      rmsDbfs: null,
      truePeakDbtp: null,
      holdDbfs: null,
      clips: 0,
      clipped: false,
      silence,
      ...watch.channel(c + 1, nowMs),
    }));
  return {
    watch,
    words,
    channels,
    pass(ms: number) {
      for (let at = 0; at < ms; at += 500) {
        nowMs += 500;
        watch.look(words, nowMs);
      }
    },
  };
}

describe('armed channels', () => {
  it('are those with a name in the settings or on the patch sheet, and those that have played for a second', () => {
    const { watch, words, pass, channels } = rig({
      channels: [
        { index: 2, name: 'Vox' },
        { index: 3, name: '' },
      ],
    });
    expect(channels().map(({ armed }) => armed)).toEqual([false, true, false, false]);
    words[0] = 'none';
    pass(500);
    words[0] = 'noiseFloor';
    pass(5000);
    expect(watch.channel(1, 0).armed).toBe(false);
    words[0] = 'none';
    pass(1500);
    words[0] = 'digitalZero';
    pass(500);
    expect(watch.channel(1, 0).armed).toBe(true);
  });

  it("alone give the diagnosis something to say: a fault on an input that nobody uses is nobody's business", () => {
    const { watch, words, channels, pass } = rig({ channels: [{ index: 1, name: 'Bass' }] });
    watch.take(
      readings((r) => {
        for (const c of [0, 2]) {
          r.humHz[c] = 50;
          r.humDbX100[c] = -6200;
          r.humHarmonics[c] = 0b10;
          r.dcFlag[c] = 1;
          r.dcDbX100[c] = -4500;
          r.stuckAtOne[c] = 0x1000;
          r.stuckAtZero[c] = 0x8000_0080;
          r.flatTop[c] = 1;
          r.opposite[c] = 1;
        }
        r.copyOf[2] = 1;
      }),
    );
    const nothing = { hum: null, dcDbfs: null, stuckBits: [], flatTop: false, copyOf: null, oppositeTo: null };
    const all = {
      hum: { baseHz: 50, dbfs: -62, strongest: 2 },
      dcDbfs: -45,
      stuckBits: [4, 23],
      flatTop: true,
    };
    expect(channels().map(factsOf)).toEqual([{ ...all, copyOf: null, oppositeTo: 2 }, nothing, nothing, nothing]);
    words[2] = 'none';
    pass(2000);
    expect(factsOf(channels()[2]!)).toEqual({ ...all, copyOf: 2, oppositeTo: 4 });
    expect(factsOf({ ...channels()[0]!, dcFlag: false }).dcDbfs).toBeNull();
  });
});

describe('dead channels', () => {
  it('played, and carry no living bits for 10 s: zero or frozen; a channel that never played is not dead', () => {
    for (const word of ['digitalZero', 'frozen'] as const) {
      const { words, pass, channels } = rig({ channels: [{ index: 2, name: 'Spare' }] });
      words[0] = 'none';
      pass(3000);
      words[0] = word;
      pass(9000);
      expect(channels()[0]!.dead).toBe(false);
      pass(2000);
      expect(channels().map(({ dead }) => dead)).toEqual([true, false, false, false]);
      words[0] = 'noiseFloor';
      pass(500);
      expect(channels()[0]!.dead).toBe(false);
    }
  });

  it('a quiet microphone is dead only after a quarter of an hour in which others play', () => {
    const { words, pass, channels } = rig();
    words[0] = 'none';
    words[1] = 'none';
    pass(3000);
    words[0] = 'noiseFloor';
    pass(14 * 60_000);
    expect(channels()[0]!.dead).toBe(false);
    pass(2 * 60_000);
    expect(channels()[0]!.dead).toBe(true);
    // The band has gone for tea: nobody is missed.
    words[1] = 'noiseFloor';
    pass(5 * 60_000);
    expect(channels()[0]!.dead).toBe(false);
  });

  it('nothing is said of a stream that has ended', () => {
    const { watch, words, pass, channels } = rig();
    words[0] = 'none';
    pass(3000);
    words[0] = 'digitalZero';
    pass(20_000);
    expect(channels()[0]!.dead).toBe(true);
    watch.drop();
    expect(channels()[0]!).toMatchObject({ ...UNREAD_CHANNEL, armed: true });
  });
});

describe('the slow half of a channel', () => {
  it('fits the schema and tells every reading in its unit', () => {
    const { watch, channels } = rig();
    watch.take(
      readings((r) => {
        r.crestDbX100[0] = 301;
        r.noiseFloorDbX100[0] = -9012;
        r.dcDbX100[0] = -8000;
        r.usedBits[0] = 16;
        r.stuckAtZero[0] = 0x8000_0100;
        r.copyOf[1] = 0;
        r.humHz[0] = 60;
        r.humDbX100[0] = -7123;
        r.humHarmonics[0] = 5;
        r.humStrongest[0] = 3;
        r.overSamples[0] = 7;
      }),
    );
    const [first, second] = channels();
    for (const channel of channels()) expect([...Value.Errors(Channel, channel)]).toEqual([]);
    expect(first).toMatchObject({
      crestDb: 3.01,
      noiseFloorDbfs: -90.12,
      dcDbfs: -80,
      usedBits: 16,
      stuckAtZero: 0x8000_0100,
      overSamples: 7,
      hum: { baseHz: 60, levelDbfs: -71.23, harmonics: 5, strongest: 3 },
    });
    expect(second!.copyOf).toBe(1);
  });
});

describe('the choice of meter, unit and loudness', () => {
  it('tells what 0 dBFS is in the chosen unit, and stays with dBFS where that is not known', () => {
    const base = { ballistic: 'digital', unit: 'dBu', fullScaleDbu: 22 } as const;
    expect(meterSection(base)).toMatchObject({ unit: 'dBu', fullScaleIs: 22 });
    // +4 dBu is 1.228 V, that is 1.78 dBV.
    expect(meterSection({ ...base, unit: 'dBV', fullScaleDbu: 4 })).toMatchObject({ unit: 'dBV', fullScaleIs: 1.78 });
    expect(meterSection({ ...base, fullScaleDbu: null })).toMatchObject({ unit: 'dBFS', fullScaleIs: 0 });
    expect(meterSection({ ...base, ballistic: 'ppmBbc' })).toMatchObject({ label: 'PPM IIa (BBC)', zeroAtDbfs: -18 });
  });

  it("measures the loopback's mix by itself, else what is configured", () => {
    const banks = [
      { name: 'Analogue', kind: 'analogue', first: 1, last: 8 },
      { name: 'Loopback', kind: 'loopback', first: 9, last: 10 },
    ] as const;
    expect(loudnessGroups(defaultConfig(), banks)).toEqual([{ name: 'Loopback', channels: [9, 10] }]);
    expect(loudnessGroups(defaultConfig(), banks.slice(0, 1))).toEqual([]);
    const config = { ...defaultConfig(), loudness: [{ name: 'Room', channels: [3, 1] }] };
    expect(loudnessGroups(config, banks)).toEqual([{ name: 'Room', channels: [3, 1] }]);
    expect(loudnessGroups({ ...config, loudness: [] }, banks)).toEqual([]);
  });

  it('tells no loudness range before anything was loud enough to have one', () => {
    const { watch } = rig();
    watch.configure(defaultConfig(), [{ name: 'Mix', channels: [1, 2] }]);
    const told = { momentaryX100: -2000, momentaryMaxX100: -2000, integratedX100: -2000, rangeX100: 0 };
    const range = (shortTermX100: number) => {
      const group = { ...told, shortTermX100, shortTermMaxX100: shortTermX100 };
      watch.take(readings((all) => Object.assign(all, { loudness: [group] })));
      return watch.loudness()[0]!.rangeLu;
    };
    expect(range(NO_SIGNAL)).toBeNull();
    expect(range(-7000)).toBeNull();
    expect(range(-6999)).toBe(0);
    expect(range(-2000)).toBe(0);
  });
});
