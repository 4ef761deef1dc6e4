import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CHECK_CODES, type CheckCode, checkSheet, PLUS4_OVER_MINUS10_DB } from '../../src/guide/checks.ts';
import type { PatchSheet } from '../../src/guide/patchSheet.ts';
import { anySheet } from './arbitrary.ts';
import { octopreRig, oneInput, SOUND_SHEETS, sheet } from './sheets.ts';

const codes = (on: PatchSheet): CheckCode[] => checkSheet(on).map(({ code }) => code);
const find = (on: PatchSheet, code: CheckCode) => checkSheet(on).filter((note) => note.code === code);

const adatA = { id: 'adat-a', name: 'ADAT A', first: 13, last: 20 };
const rig = (expander: object, clock: object = {}, more: object = {}) =>
  sheet({
    interface: { name: '18i20', ports: [adatA], ...clock },
    expanders: [{ id: 'octopre', name: 'OctoPre', model: 'clarett-octopre', fibres: ['adat-a'], ...expander }],
    ...more,
  });

describe('microphones and 48 V', () => {
  const group = (phantom: boolean, ribbonGroup = '1-4') =>
    sheet({
      inputs: [
        { channel: 1, name: 'OH', input: 1, connector: 'xlr', source: 'condenser', phantom, phantomGroup: '1-4' },
        { channel: 3, name: 'Room', input: 3, connector: 'xlr', source: 'ribbonPassive', phantomGroup: ribbonGroup },
      ],
    });

  it('phantom on a passive ribbon is an alarm', () => {
    const [note] = find(
      oneInput({ connector: 'xlr', source: 'ribbonPassive', phantom: true }),
      'phantom-on-passive-ribbon',
    );
    expect(note).toMatchObject({ severity: 'alarm', where: 'Test (ch 1)', channels: [1] });
    expect(codes(oneInput({ connector: 'xlr', source: 'ribbonPassive', phantom: false }))).toEqual([]);
  });

  it('phantom reaches a passive ribbon through the switch of its group, and the note names who switched it on', () => {
    const [note] = find(group(true), 'phantom-on-passive-ribbon');
    expect(note?.where).toBe('Room (ch 3)');
    expect(note?.what).toContain('1-4');
    expect(note?.what).toContain('OH (ch 1)');
    expect(codes(group(true, '5-8'))).toEqual([]);
  });

  it('phantom of another box with the same group name does not reach the ribbon', () => {
    const on = sheet({
      interface: { ports: [adatA] },
      expanders: [{ id: 'octopre', model: 'clarett-octopre', clock: 'adat', fibres: ['adat-a'], returnFibre: true }],
      inputs: [
        { channel: 13, box: 'octopre', connector: 'xlr', source: 'condenser', phantom: true, phantomGroup: '1-4' },
        { channel: 1, connector: 'xlr', source: 'ribbonPassive', phantomGroup: '1-4' },
      ],
    });
    expect(codes(on)).toEqual([]);
  });

  it('phantom does not travel up a jack plug in a combo socket', () => {
    expect(codes(oneInput({ connector: 'combo', plug: 'trs', source: 'linePlus4', phantom: true }))).toEqual([]);
  });

  it('phantom on a dynamic is never warned of, alone or in a group', () => {
    expect(codes(oneInput({ connector: 'xlr', source: 'dynamic', phantom: true }))).toEqual([]);
    expect(codes(oneInput({ connector: 'combo', source: 'dynamic', phantom: true, phantomGroup: 'all' }))).toEqual([]);
  });

  it.each(['condenser', 'ribbonActive', 'diActive'])('a %s without phantom is told', (source) => {
    const [note] = find(oneInput({ connector: 'xlr', source }), 'phantom-missing');
    expect(note).toMatchObject({ severity: 'warning', channels: [1] });
    expect(codes(oneInput({ connector: 'xlr', source, phantom: true }))).toEqual([]);
  });

  it('a condenser powered by the switch of its group is fine', () => {
    const on = sheet({
      inputs: [
        { channel: 1, input: 1, connector: 'xlr', source: 'dynamic', phantom: true, phantomGroup: '1-4' },
        { channel: 2, input: 2, connector: 'xlr', source: 'condenser', phantomGroup: '1-4' },
      ],
    });
    expect(codes(on)).toEqual([]);
  });

  it('plugging with phantom on is told, on a dynamic as a remark only', () => {
    const on = (source: string, phantom: boolean) => oneInput({ connector: 'xlr', source, phantom, replug: true });
    expect(find(on('condenser', true), 'plugging-with-phantom')[0]?.severity).toBe('warning');
    expect(find(on('dynamic', true), 'plugging-with-phantom')[0]?.severity).toBe('info');
    expect(find(on('condenser', false), 'plugging-with-phantom')).toEqual([]);
    expect(codes(on('dynamic', false))).toEqual([]);
  });
});

describe('sockets and levels', () => {
  it.each(['dynamic', 'condenser', 'ribbonPassive', 'ribbonActive'])(
    'a %s in a TRS line input is an alarm',
    (source) => {
      const on = oneInput({ connector: 'trs', source });
      expect(find(on, 'mic-into-line-input')[0]?.severity).toBe('alarm');
      expect(
        find(oneInput({ connector: 'xlr', source, phantom: source !== 'ribbonPassive' }), 'mic-into-line-input'),
      ).toEqual([]);
    },
  );

  it('a mic on a combo socket switched to line is in a line input too', () => {
    expect(codes(oneInput({ connector: 'combo', source: 'dynamic', mode: 'line' }))).toEqual(['mic-into-line-input']);
  });

  it('a condenser in a line input is told once, not also for its missing 48 V', () => {
    expect(codes(oneInput({ connector: 'trs', source: 'condenser' }))).toEqual(['mic-into-line-input']);
  });

  it.each(['synth', 'linePlus4', 'lineMinus10'])('a %s into an instrument input distorts', (source) => {
    expect(codes(oneInput({ connector: 'hiz', source }))).toEqual(['line-into-instrument-input']);
    expect(codes(oneInput({ connector: 'combo', source, plug: 'trs', mode: 'inst' }))).toEqual([
      'line-into-instrument-input',
    ]);
    expect(codes(oneInput({ connector: 'combo', source, plug: 'trs', mode: 'line' }))).toEqual([]);
  });

  it('a passive instrument into a line input is dull; into Hi-Z it is right', () => {
    expect(codes(oneInput({ connector: 'trs', source: 'instrumentPassive' }))).toEqual([
      'passive-instrument-into-line',
    ]);
    expect(codes(oneInput({ connector: 'hiz', source: 'instrumentPassive' }))).toEqual([]);
    expect(codes(oneInput({ connector: 'combo', plug: 'ts', mode: 'inst', source: 'instrumentPassive' }))).toEqual([]);
  });

  it('an active instrument into a line input is a remark, no more', () => {
    const notes = checkSheet(oneInput({ connector: 'trs', source: 'instrumentActive' }));
    expect(notes.map(({ code, severity }) => [code, severity])).toEqual([['active-instrument-into-line', 'info']]);
  });

  it('+4 dBu stands 11.8 dB over -10 dBV', () => {
    // 0 dBu is 0.7746 V: +4 dBu = 0.7746 x 10^(4/20) = 1.2277 V; -10 dBV = 0.3162 V; the ratio is 3.882, 11.78 dB.
    expect(20 * Math.log10(1.2277 / 0.3162)).toBeCloseTo(PLUS4_OVER_MINUS10_DB, 2);
    expect(PLUS4_OVER_MINUS10_DB.toFixed(1)).toBe('11.8');
  });

  it('+4 into -10 clips and -10 into +4 is weak, both with the 11.8 dB said', () => {
    const hot = find(oneInput({ connector: 'trs', source: 'linePlus4', inputLevel: 'minus10' }), 'plus4-into-minus10');
    const weak = find(oneInput({ connector: 'trs', source: 'lineMinus10', inputLevel: 'plus4' }), 'minus10-into-plus4');
    expect(hot[0]?.why).toContain('11.8 dB');
    expect(weak[0]?.why).toContain('11.8 dB');
    expect(codes(oneInput({ connector: 'trs', source: 'linePlus4', inputLevel: 'plus4' }))).toEqual([]);
    expect(codes(oneInput({ connector: 'trs', source: 'lineMinus10', inputLevel: 'minus10' }))).toEqual([]);
  });

  it('a synth is judged by the level its own panel says, and not at all where nobody wrote it down', () => {
    const synth = (sourceLevel: string | null) =>
      oneInput({ connector: 'trs', source: 'synth', inputLevel: 'plus4', sourceLevel });
    expect(codes(synth('minus10'))).toEqual(['minus10-into-plus4']);
    expect(codes(synth('plus4'))).toEqual([]);
    expect(codes(synth(null))).toEqual([]);
  });

  it('the pad saves a -10 input from a +4 source', () => {
    expect(codes(oneInput({ connector: 'trs', source: 'linePlus4', inputLevel: 'minus10', pad: true }))).toEqual([]);
  });

  it.each(['ts', 'hiz'])('a TRS plug in a %s jack is a remark', (connector) => {
    const source = connector === 'hiz' ? 'instrumentPassive' : 'synth';
    expect(codes(oneInput({ connector, source, plug: 'trs' }))).toEqual(['trs-plug-in-ts-jack']);
    expect(codes(oneInput({ connector, source, plug: 'ts' }))).toEqual([]);
  });
});

describe('runs of cable', () => {
  const run = (length: number, unit: string, more: object = {}) =>
    codes(oneInput({ connector: 'trs', source: 'synth', cable: { balanced: false, length, unit }, ...more }));

  it('an unbalanced run is told past 15 ft, in feet and in metres', () => {
    expect(run(15, 'ft')).toEqual([]);
    expect(run(15.5, 'ft')).toEqual(['unbalanced-run-long']);
    expect(run(4.57, 'm')).toEqual([]); // 14.99 ft
    expect(run(4.6, 'm')).toEqual(['unbalanced-run-long']); // 15.09 ft
    expect(run(30, 'm', { cable: { balanced: true, length: 30, unit: 'm' } })).toEqual([]);
  });

  it('a balanced cable on a TS plug or in an instrument jack is an unbalanced run', () => {
    const long = { balanced: true, length: 20, unit: 'ft' };
    expect(run(0, 'ft', { cable: long, plug: 'ts' })).toEqual(['unbalanced-run-long']);
    expect(codes(oneInput({ connector: 'hiz', source: 'instrumentPassive', cable: long }))).toEqual([
      'unbalanced-run-long',
    ]);
  });

  it('a long guitar lead gets a DI for its fix', () => {
    const lead = { balanced: false, length: 25, unit: 'ft' };
    const [note] = checkSheet(oneInput({ connector: 'hiz', source: 'instrumentPassive', cable: lead }));
    expect(note?.fix).toContain('DI');
  });

  const monitors = (connector: string, length: number, unit: string, balanced = false) =>
    codes(sheet({ monitors: [{ name: 'Main', connector, cable: { balanced, length, unit } }] }));

  it('monitors are told past 6 ft unbalanced and past 3 ft on RCA', () => {
    expect(monitors('ts', 6, 'ft')).toEqual([]);
    expect(monitors('ts', 7, 'ft')).toEqual(['monitor-run-unbalanced']);
    expect(monitors('trs', 2, 'm', false)).toEqual(['monitor-run-unbalanced']); // 6.56 ft
    expect(monitors('trs', 30, 'ft', true)).toEqual([]);
    expect(monitors('rca', 3, 'ft')).toEqual([]);
    expect(monitors('rca', 1, 'm')).toEqual(['monitor-rca-long']); // 3.28 ft
    expect(monitors('rca', 5, 'm')).toEqual(['monitor-rca-long']);
  });
});

describe('headphones', () => {
  const phones = (impedanceOhm: number | null, ampOutputOhm: number | null, ampPowerMw: number | null) =>
    codes(sheet({ headphones: [{ name: 'Singer', impedanceOhm, ampOutputOhm, ampPowerMw }] }));

  it('an output of more than 10 ohm is told', () => {
    expect(phones(600, 10, 200)).toEqual([]);
    expect(phones(600, 11, 200)).toEqual(['headphone-output-impedance']);
    expect(phones(null, 33, null)).toEqual(['headphone-output-impedance']);
  });

  it('an output of more than an eighth of the headphones is told', () => {
    expect(phones(32, 4, 100)).toEqual([]); // 32/8 = 4
    expect(phones(32, 5, 100)).toEqual(['headphone-output-impedance']);
    expect(phones(80, 10, 100)).toEqual([]); // 80/8 = 10
  });

  it('headphones of 250 to 600 ohm want 100 mW', () => {
    expect(phones(250, 5, 99)).toEqual(['headphone-power-low']);
    expect(phones(600, 5, 40)).toEqual(['headphone-power-low']);
    expect(phones(250, 5, 100)).toEqual([]);
    expect(phones(80, 5, 30)).toEqual([]);
  });

  it('two mixes on one output are told; one mix on it is shared', () => {
    const both = (mix: string) =>
      codes(
        sheet({
          headphones: [
            { name: 'Ann', output: 'Phones 1', mix: 'Ann' },
            { name: 'Bea', output: 'Phones 1', mix },
          ],
        }),
      );
    expect(both('Bea')).toEqual(['headphone-output-shared']);
    expect(both('Ann')).toEqual([]);
  });
});

describe('digital ports', () => {
  it.each([
    [48000, 8],
    [44100, 8],
    [96000, 4],
    [88200, 4],
    [192000, 2],
    [176400, 2],
  ])('at %i Hz a fibre has %i channels', (rateHz, limit) => {
    const on = (input: number) =>
      oneInput(
        { channel: 20, input, port: 'adat-a', connector: 'adat', source: 'expanderChannel' },
        { rateHz, interface: { ports: [adatA] } },
      );
    expect(codes(on(limit))).toEqual([]);
    expect(codes(on(limit + 1))).toEqual(['adat-channel-over-limit']);
  });

  it('inputs 5 to 8 of an expander do not arrive at 96 kHz over one fibre', () => {
    const on = (fibres: string[]) =>
      sheet({
        rateHz: 96000,
        interface: {
          ports: [
            { ...adatA, last: 16 },
            { id: 'adat-b', first: 17, last: 20 },
          ],
        },
        expanders: [
          { id: 'octopre', name: 'OctoPre', model: 'clarett-octopre', clock: 'adat', returnFibre: true, fibres },
        ],
        inputs: [{ channel: 17, name: 'Tom', box: 'octopre', input: 5, connector: 'combo', source: 'dynamic' }],
      });
    expect(codes(on(['adat-a']))).toEqual(['adat-channel-over-limit']);
    expect(codes(on(['adat-a', 'adat-b']))).toEqual([]);
  });

  it('S/PDIF ends at 96 kHz', () => {
    const on = (rateHz: number) => oneInput({ connector: 'spdifCoax', source: 'digital' }, { rateHz });
    expect(codes(on(96000))).toEqual([]);
    expect(codes(on(176400))).toEqual(['spdif-above-96k']);
  });

  it('a port in the wrong mode is told for ADAT and for optical S/PDIF', () => {
    const port = (mode: string) => ({ ports: [{ ...adatA, mode }] });
    const adat = (mode: string) =>
      oneInput(
        { channel: 13, port: 'adat-a', connector: 'adat', source: 'expanderChannel' },
        { interface: port(mode) },
      );
    const optical = (mode: string) =>
      oneInput(
        { channel: 13, port: 'adat-a', connector: 'spdifOptical', source: 'digital' },
        { interface: port(mode) },
      );
    expect(codes(adat('spdif'))).toEqual(['port-mode-wrong']);
    expect(codes(adat('adat'))).toEqual([]);
    expect(codes(optical('adat'))).toEqual(['port-mode-wrong']);
    expect(codes(optical('spdif'))).toEqual([]);
  });

  it('an expander on a port set to S/PDIF is told', () => {
    const on = rig({ clock: 'adat', returnFibre: true }, { ports: [{ ...adatA, mode: 'spdif' }] });
    expect(codes(on)).toEqual(['port-mode-wrong']);
  });

  it('an ADA8200 has no S/MUX: nothing at 96 kHz', () => {
    const on = (rateHz: number) => rig({ model: 'ada8200', clock: 'adat', returnFibre: true }, {}, { rateHz });
    expect(codes(on(96000))).toEqual(['expander-rate']);
    expect(codes(on(48000))).toEqual([]);
  });
});

describe('clocks', () => {
  it('two masters are named, and the expander is told in its own words how to follow', () => {
    const on = rig({ clock: 'internal', returnFibre: true });
    expect(codes(on)).toEqual(['clock-two-masters', 'expander-not-slaved']);
    expect(find(on, 'clock-two-masters')[0]?.where).toBe('18i20 and OctoPre');
    expect(find(on, 'expander-not-slaved')[0]?.fix).toContain('press SYNC until ADAT lights');
  });

  it('two expanders on internal are two masters though the interface follows one of them', () => {
    const on = sheet({
      interface: {
        name: '18i20',
        clock: 'adat',
        clockPort: 'adat-a',
        ports: [adatA, { id: 'adat-b', first: 21, last: 28 }],
      },
      expanders: [
        { id: 'one', name: 'ADA 1', model: 'ada8200', clock: 'internal', fibres: ['adat-a'] },
        { id: 'two', name: 'ADA 2', model: 'ada8200', clock: 'internal', fibres: ['adat-b'] },
      ],
    });
    expect(codes(on)).toEqual(['clock-two-masters', 'expander-not-slaved']);
    expect(find(on, 'expander-not-slaved')[0]?.where).toBe('ADA 2');
  });

  it('boxes that follow each other have no master', () => {
    const on = rig({ clock: 'adat', returnFibre: true }, { clock: 'adat' });
    expect(codes(on)).toEqual(['clock-no-master']);
  });

  it('an expander on its own clock is right when the interface follows it', () => {
    expect(codes(rig({ clock: 'internal' }, { clock: 'adat', clockPort: 'adat-a' }))).toEqual([]);
  });

  it('the interface as master needs a second fibre to the expander', () => {
    const on = rig({ clock: 'adat', returnFibre: false });
    expect(codes(on)).toEqual(['second-fibre-missing']);
    expect(find(on, 'second-fibre-missing')[0]?.fix).toContain("the interface's ADAT OUT to OctoPre's ADAT IN");
    expect(codes(rig({ clock: 'adat', returnFibre: true }))).toEqual([]);
  });

  it('an expander without ADAT IN can not follow over fibre', () => {
    const on = rig({ model: 'octopre-mkii', clock: 'adat', returnFibre: true });
    expect(codes(on)).toEqual(['expander-has-no-adat-in']);
    expect(find(on, 'expander-has-no-adat-in')[0]?.fix).toContain("set the interface's clock source to ADAT");
  });

  it('word clock without a cable is told, and one expander is never sent to buy one', () => {
    const on = rig({ clock: 'wordClock' });
    expect(codes(on)).toEqual(['clock-cable-missing']);
    expect(find(on, 'clock-cable-missing')[0]?.fix).toContain('One expander needs no word clock');
  });

  it('no fix for a single expander asks for word clock, whatever the model and fault', () => {
    for (const model of ['clarett-octopre', 'octopre-mkii', 'ada8200', 'asp880', 'digimax-96k']) {
      for (const clock of ['internal', 'adat', 'unknown', 'wordClock']) {
        for (const returnFibre of [true, false]) {
          for (const { fix } of checkSheet(rig({ model, clock, returnFibre }))) {
            expect(fix).not.toMatch(/run word clock|BNC cable to it/i);
          }
        }
      }
    }
  });

  it('word clock on one expander works and is a remark', () => {
    const notes = checkSheet(rig({ clock: 'wordClock', wordClockFrom: 'interface' }));
    expect(notes.map(({ code, severity }) => [code, severity])).toEqual([['word-clock-not-needed', 'info']]);
  });

  it('an interface that listens to an empty port or a missing cable is told', () => {
    expect(codes(sheet({ interface: { clock: 'adat', ports: [adatA] } }))).toContain('clock-cable-missing');
    expect(codes(sheet({ interface: { clock: 'wordClock' } }))).toContain('clock-cable-missing');
  });

  it('a clock that nobody looked at is told', () => {
    expect(codes(rig({ clock: 'unknown' }))).toEqual(['clock-unknown']);
  });
});

describe('counting', () => {
  it('more sources than inputs are told, for the interface and for an expander', () => {
    const mics = (count: number) =>
      Array.from({ length: count }, (_, i) => ({
        channel: i + 1,
        input: i + 1,
        connector: 'combo',
        source: 'dynamic',
      }));
    const on = (count: number) =>
      sheet({ interface: { name: '2i2', model: 'scarlett-2i2-gen3' }, inputs: mics(count) });
    expect(codes(on(2))).toEqual([]);
    expect(find(on(3), 'more-sources-than-inputs')[0]?.what).toBe('2i2 has 2 analogue inputs; the sheet asks for 3.');
    const ninth = { channel: 21, box: 'octopre', input: 9, connector: 'combo', source: 'dynamic' };
    expect(codes(octopreRig([ninth]))).toContain('more-sources-than-inputs');
  });

  it('a number of inputs written on the sheet outranks the table', () => {
    const on = sheet({
      interface: { name: 'Old', analogueInputs: 1 },
      inputs: [
        { channel: 1, input: 1, connector: 'xlr', source: 'dynamic' },
        { channel: 2, input: 2, connector: 'xlr', source: 'dynamic' },
      ],
    });
    expect(codes(on)).toEqual(['more-sources-than-inputs']);
  });

  it('two sources on one input or one channel are told', () => {
    const on = (second: object) =>
      sheet({
        inputs: [
          { channel: 1, name: 'Kick', input: 1, connector: 'xlr', source: 'dynamic' },
          { channel: 2, name: 'Snare', input: 2, connector: 'xlr', source: 'dynamic', ...second },
        ],
      });
    expect(codes(on({}))).toEqual([]);
    expect(codes(on({ input: 1 }))).toEqual(['input-used-twice']);
    expect(codes(on({ channel: 1 }))).toEqual(['input-used-twice']);
  });

  it('sources on an expander with no fibre are told', () => {
    const on = sheet({
      expanders: [{ id: 'octopre', name: 'OctoPre', clock: 'wordClock', wordClockFrom: 'interface' }],
      inputs: [{ channel: 13, box: 'octopre', connector: 'combo', source: 'dynamic' }],
    });
    expect(codes(on)).toEqual(['expander-not-wired']);
  });
});

describe('all checks', () => {
  it.each(SOUND_SHEETS)('are silent on a sound sheet: $name', ({ sheet: sound }) => {
    expect(checkSheet(sound)).toEqual([]);
  });

  it('there are twenty sound sheets', () => {
    expect(SOUND_SHEETS.length).toBe(20);
    expect(new Set(SOUND_SHEETS.map(({ name }) => name)).size).toBe(20);
  });

  it('never throw, name a known code, and say what, why and what to do, on any valid sheet', () => {
    fc.assert(
      fc.property(anySheet, (any) => {
        for (const { code, where, what, why, fix, severity, channels } of checkSheet(any)) {
          expect(CHECK_CODES).toContain(code);
          expect(['alarm', 'warning', 'info']).toContain(severity);
          for (const words of [where, what, why, fix]) expect(words.trim()).not.toBe('');
          for (const channel of channels) expect(any.inputs.some((input) => input.channel === channel)).toBe(true);
        }
      }),
      { numRuns: 500, seed: 9 },
    );
  });

  it('on any sheet: no note on phantom where only dynamics are', () => {
    fc.assert(
      fc.property(anySheet, (any) => {
        const dynamics = {
          ...any,
          inputs: any.inputs.map((input) => ({ ...input, source: 'dynamic' as const, replug: false })),
        };
        expect(codes(dynamics).filter((code) => code.includes('phantom'))).toEqual([]);
      }),
      { numRuns: 200, seed: 9 },
    );
  });

  it('put alarms first', () => {
    fc.assert(
      fc.property(anySheet, (any) => {
        const ranks = checkSheet(any).map(({ severity }) => ['alarm', 'warning', 'info'].indexOf(severity));
        expect(ranks).toEqual([...ranks].sort());
      }),
      { numRuns: 200, seed: 9 },
    );
  });

  it('says of each note which part of the sheet is to be changed', () => {
    fc.assert(
      fc.property(anySheet, (any) => {
        for (const { at } of checkSheet(any)) {
          const [part, index] = at.split('.') as [keyof PatchSheet, string | undefined];
          expect(['interface', 'inputs', 'expanders', 'monitors', 'headphones']).toContain(part);
          if (index !== undefined) expect((any[part] as unknown[])[Number(index)]).toBeDefined();
          else expect(part).toBe('interface');
        }
      }),
    );
    const rig = octopreRig([{ channel: 1, name: 'Vox', connector: 'xlr', source: 'condenser' }]);
    rig.expanders[0]!.clock = 'internal';
    expect(checkSheet(rig).map(({ code, at }) => [code, at])).toEqual([
      ['clock-two-masters', 'interface'],
      ['expander-not-slaved', 'expanders.0'],
      ['phantom-missing', 'inputs.0'],
    ]);
  });
});
