import fc from 'fast-check';
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { Config } from '../../src/config/schema.ts';
import { ABILITIES } from '../../src/guide/abilities.ts';
import { assign } from '../../src/guide/assign.ts';
import { type Brief, parseBrief } from '../../src/guide/brief.ts';
import { EXPANDERS } from '../../src/guide/expanders.ts';
import { adatChannels, RATES_HZ } from '../../src/guide/patchSheet.ts';
import { countNeeds, type Plan, planSession } from '../../src/guide/planner.ts';
import { INTERFACE_MAPS } from './sheets.ts';

function brief(value: object): Brief {
  const parsed = parseBrief(value);
  if (!parsed.ok) throw new Error(parsed.fault.what);
  return parsed.value;
}

function plan(value: object): Plan {
  const planned = planSession(brief(value), INTERFACE_MAPS);
  if (!planned.ok) throw new Error(planned.fault.what);
  return planned.value;
}

const mics = (count: number, kind = 'dynamic') => ({ name: 'Mic', kind, count });
const option = (of: Plan, model: string) => of.options.find((one) => one.model === model)!;
const inputs = (of: Plan) => of.channels.map(({ name, box, input }) => `${name}: ${box} ${input}`);

describe('briefs worked by hand', () => {
  it('1. voice-over: one condenser, headphones on the main mix', () => {
    // One mic with 48 V; headphones hear what the monitors play, so one stereo pair. The smallest interface that does
    // it is the Solo: mic on input 1, outputs 1-2 with a headphone socket.
    const p = plan({
      sources: [{ name: 'Voice', kind: 'condenser' }],
      headphones: [{ name: 'Talent', mix: 'main' }],
    });
    expect(p.needs).toMatchObject({ inputs: 1, mic: 1, phantom: 1, outputs: 2, headphoneMixes: 0 });
    expect(p.interface.id).toBe('scarlett-solo-gen3');
    expect(p.channels[0]).toMatchObject({ channel: 1, input: 1, phantom: true, mode: 'mic' });
    expect(p.outputs[0]).toMatchObject({ outputs: [1, 2], amp: false });
    expect(p.covered).toBe(true);
  });

  it('2. singer-songwriter: two condensers need two mic inputs', () => {
    // The Solo has one mic input; the 2i2 has two, under one 48 V switch.
    const p = plan({
      sources: [
        { name: 'Vox', kind: 'condenser' },
        { name: 'Acoustic', kind: 'condenser' },
      ],
    });
    expect(p.interface.id).toBe('scarlett-2i2-gen3');
    expect(p.channels.map(({ channel, phantom, phantomGroup }) => [channel, phantom, phantomGroup])).toEqual([
      [1, true, '1-2'],
      [2, true, '1-2'],
    ]);
  });

  it('3. vocals and a guitar direct: a mic input and a Hi-Z', () => {
    // Solo: input 1 mic, input 2 line or instrument. Enough, whatever the order of the brief.
    const p = plan({
      sources: [
        { name: 'Guitar', kind: 'instrumentPassive' },
        { name: 'Vox', kind: 'dynamic' },
      ],
    });
    expect(p.interface.id).toBe('scarlett-solo-gen3');
    expect(p.needs).toMatchObject({ mic: 1, inst: 1, line: 0 });
    expect(inputs(p)).toEqual(['Vox: interface 1', 'Guitar: interface 2']);
    expect(p.channels[1]).toMatchObject({ mode: 'inst', di: false });
  });

  it('4. A/B monitors and a mix of her own on a 4i4: one pair short', () => {
    // Two pairs of monitors and one mix: 3 stereo pairs, 6 outputs. The 4i4 has two: 1-2 and 3-4.
    const p = plan({
      interface: 'scarlett-4i4-gen3',
      monitorPairs: 2,
      sources: [mics(2, 'condenser')],
      headphones: [{ name: 'Singer', mix: 'Singer' }],
    });
    expect(p.needs.outputs).toBe(6);
    expect(p.outputs.filter(({ outputs }) => outputs === null)).toHaveLength(1);
    expect(p.covered).toBe(false);
    expect(p.uncovered).toEqual([]);
  });

  it('5. the same, any interface: three pairs, two of them with line sockets', () => {
    // Least spare inputs among those with two line pairs and a headphone pair: 16i16 (6 inputs, pairs 1-2, 3-4, phones).
    const p = plan({
      monitorPairs: 2,
      sources: [mics(2, 'condenser')],
      headphones: [{ name: 'Singer', mix: 'Singer' }],
    });
    expect(p.interface.id).toBe('scarlett-16i16-gen4');
    expect(p.outputs.map(({ socket }) => socket)).toEqual(['monitors', 'monitors', 'phones']);
    expect(p.covered).toBe(true);
  });

  it('6. rock trio on an 18i20: seven mics in eight inputs, at every rate', () => {
    // Kick, snare, two overheads, bass DI, guitar, vox: 7 <= 8 analogue inputs, which stay at 96 and 192 kHz.
    // 48 V for the overheads (3, 4: group 1-4) and the active DI (5: group 5-8); the dynamics get it too, harmlessly.
    const p = plan({
      interface: '1235:8215',
      sources: [
        { name: 'Kick', kind: 'dynamic' },
        { name: 'Snare', kind: 'dynamic' },
        { name: 'OH', kind: 'condenser', count: 2 },
        { name: 'Bass', kind: 'diActive' },
        { name: 'Gtr', kind: 'dynamic' },
        { name: 'Vox', kind: 'dynamic' },
      ],
    });
    expect(p.channels.map(({ channel }) => channel)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(p.channels.map(({ name }) => name)).toEqual(['Kick', 'Snare', 'OH 1', 'OH 2', 'Bass', 'Gtr', 'Vox']);
    expect(p.needs).toMatchObject({ inputs: 7, phantom: 3 });
    expect(p.channels.every(({ phantom }) => phantom)).toBe(true);
    expect(p.expanders).toEqual([]);
    expect(p.rates.map(({ covered }) => covered)).toEqual([true, true, true]);
    expect(p.notes).toEqual([]);
  });

  it('7. twelve mics on an 18i20: one expander at 48 and 96, none at 192', () => {
    // 12 - 8 = 4 over ADAT. 48 k: 8 a fibre. 96 k: 4 a fibre, just enough, but the ADA8200 has no S/MUX. 192 k: this
    // interface has no ADAT there. Channel map: S/PDIF takes 9-10, so ADAT begins at 11.
    const p = plan({ interface: 'scarlett-18i20-gen2', sources: [mics(12)] });
    expect(option(p, 'clarett-octopre').now).toEqual({ x1: 1, x2: 1, x4: null });
    expect(option(p, 'ada8200').now).toEqual({ x1: 1, x2: null, x4: null });
    expect(p.expanders.map(({ model }) => model.id)).toEqual(['clarett-octopre']);
    expect(p.channels.map(({ channel }) => channel)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 14]);
    expect(p.channels.slice(8).map(({ input, port }) => [input, port])).toEqual([
      [1, 'adat-a'],
      [2, 'adat-a'],
      [3, 'adat-a'],
      [4, 'adat-a'],
    ]);
    // Interface is master: a fibre for the audio, one back for the clock, no word clock.
    expect(p.clock.map(({ role, set }) => [role, set])).toEqual([
      ['master', 'Internal'],
      ['follows', 'ADAT'],
    ]);
    expect(p.shopping).toEqual(['1 Focusrite Clarett OctoPre', '2 optical fibres (TOSLINK)']);
  });

  it('8. thirteen mics at 96 kHz on an 18i20: one too many, and 48 kHz is the way out', () => {
    // 8 + 4 = 12 < 13.
    const p = plan({ interface: 'scarlett-18i20-gen2', rateHz: 96000, sources: [mics(13)] });
    expect(p.covered).toBe(false);
    expect(p.uncovered).toEqual(['Mic 13']);
    expect(p.channels).toHaveLength(12);
    expect(option(p, 'clarett-octopre').now).toEqual({ x1: 1, x2: null, x4: null });
    expect(p.remarks.join(' ')).toContain('At 48 kHz it fits');
  });

  it('9. a Clarett 4Pre has no ADAT OUT: the expander is master, on one fibre, without word clock', () => {
    // Four preamps, ten mics: 6 over ADAT. Nothing can run back to the expander, so it leads and the interface follows.
    const p = plan({ interface: 'clarett-4pre', sources: [mics(10)], expander: 'clarett-octopre' });
    expect(p.clock.map(({ role, set }) => [role, set])).toEqual([
      ['follows', 'ADAT A'],
      ['master', 'Internal'],
    ]);
    expect(p.wiring.filter(({ cable }) => cable.startsWith('optical'))).toHaveLength(1);
    expect(p.wiring.some(({ cable }) => cable.startsWith('BNC'))).toBe(false);
    expect(p.notes).toEqual([]);
    // The mics that do not fit the four preamps: 10 - 4 = 6, on channels 11 to 16.
    expect(p.channels.filter(({ box }) => box !== 'interface').map(({ channel }) => channel)).toEqual([
      11, 12, 13, 14, 15, 16,
    ]);
  });

  it('10. twenty-four mics: an EVO 16 with two ADA8200, each on a pair of fibres', () => {
    // 8 + 8 + 8 = 24. Two ADAT OUTs: both follow over fibre: 2 fibres there, 2 back.
    const p = plan({ interface: 'audient-evo-16', sources: [mics(16), mics(8)], expander: 'ada8200' });
    expect(p.expanders.map(({ id, fibres }) => [id, fibres])).toEqual([
      ['ada8200-1', ['adat-a']],
      ['ada8200-2', ['adat-b']],
    ]);
    expect(p.channels.map(({ channel }) => channel)).toEqual(Array.from({ length: 24 }, (_, i) => i + 1));
    expect(p.clock.map(({ set }) => set)).toEqual(['Internal', 'ADAT', 'ADAT']);
    expect(p.wiring.filter(({ cable }) => cable.startsWith('optical'))).toHaveLength(4);
  });

  it('11. two expanders without ADAT IN take word clock from the interface', () => {
    // OctoPre MkII: no ADAT IN, BNC in. The EVO 16 has a word clock out: it stays master, two BNC cables, no return fibre.
    const p = plan({
      interface: 'audient-evo-16',
      sources: [mics(16), mics(4)],
      have: ['octopre-mkii', 'octopre-mkii'],
    });
    expect(p.expanders.every(({ owned }) => owned)).toBe(true);
    expect(p.clock.map(({ set }) => set)).toEqual(['Internal', 'Word clock', 'Word clock']);
    expect(p.wiring.filter(({ cable }) => cable.startsWith('BNC'))).toHaveLength(2);
    expect(p.wiring.filter(({ cable }) => cable.startsWith('optical'))).toHaveLength(2);
    expect(p.shopping).toEqual(['2 optical fibres (TOSLINK)', '2 BNC cables, 75 ohm']);
    expect(p.notes).toEqual([]);
  });

  it('12. sixteen mics on a Digiface: two expanders at 48 and at 96, not at 192', () => {
    // No analogue inputs; four fibres. 48 k: 8 each, 2 boxes. 96 k: 4 each, two fibres a box, 2 boxes, all four ports.
    // 192 k: 2 each, 8 at most.
    const p = plan({
      interface: 'rme-digiface-usb',
      rateHz: 96000,
      monitorPairs: 0,
      sources: [mics(16)],
      headphones: [{ name: 'Engineer', mix: 'main' }],
    });
    expect(option(p, 'clarett-octopre').now).toEqual({ x1: 2, x2: 2, x4: null });
    expect(p.expanders.map(({ fibres }) => fibres)).toEqual([
      ['adat-a', 'adat-b'],
      ['adat-c', 'adat-d'],
    ]);
    expect(p.channels.map(({ channel }) => channel)).toEqual(Array.from({ length: 16 }, (_, i) => i + 1));
    expect(p.channels[4]).toMatchObject({ input: 5, port: 'adat-b' });
    expect(p.needs).toMatchObject({ outputs: 2, headphoneMixes: 1 });
    expect(p.covered).toBe(true);
  });

  it('13. a passive ribbon and condensers on an 18i8: never under one switch', () => {
    // Groups 1-2 and 3-4. Two condensers in one group; ribbon and dynamic in the other, its switch off.
    const p = plan({
      interface: 'scarlett-18i8-gen3',
      sources: [
        { name: 'Ribbon', kind: 'ribbonPassive' },
        { name: 'OH', kind: 'condenser', count: 2 },
        { name: 'Kick', kind: 'dynamic' },
      ],
    });
    const ribbon = p.channels.find(({ source }) => source === 'ribbonPassive')!;
    const condensers = p.channels.filter(({ source }) => source === 'condenser');
    expect(ribbon.phantom).toBe(false);
    expect(condensers.map(({ phantom }) => phantom)).toEqual([true, true]);
    expect(condensers.map(({ phantomGroup }) => phantomGroup)).not.toContain(ribbon.phantomGroup);
    expect(p.covered).toBe(true);
    expect(p.notes).toEqual([]);
  });

  it('14. three condensers and a passive ribbon on an 18i8: four inputs are not enough, one expander is', () => {
    // Three condensers switch both groups of two on: no safe input is left for the ribbon. On an OctoPre it has one.
    const p = plan({
      interface: 'scarlett-18i8-gen3',
      sources: [mics(3, 'condenser'), { name: 'Ribbon', kind: 'ribbonPassive' }],
    });
    expect(p.needs.mic).toBe(4);
    expect(p.rates[0]).toMatchObject({ covered: false });
    expect(option(p, 'clarett-octopre').now.x1).toBe(1);
    expect(p.covered).toBe(true);
    expect(p.notes).toEqual([]);
  });

  it('15. synths: thirteen line and mic sources on an 18i8 and one expander', () => {
    // Six stereo synths: 12 line; one mic. The 18i8 takes 8 (all its inputs take line), the expander the other 5. A
    // line-only converter does as well, and the 16-input one too, of whose inputs 8 fit the one fibre.
    const p = plan({
      interface: 'scarlett-18i8-gen3',
      sources: [
        ...['Juno', 'Prophet', 'DX', 'JP', 'Drum', 'FX'].map((name) => ({ name, kind: 'synth', count: 2 })),
        { name: 'Vox', kind: 'dynamic' },
      ],
    });
    expect(p.needs).toMatchObject({ inputs: 13, line: 12, mic: 1 });
    expect(p.channels[0]?.name).toBe('Juno L');
    expect(p.channels.filter(({ box }) => box === 'interface')).toHaveLength(8);
    expect(option(p, 'adi-8-qs').now.x1).toBe(1);
    expect(option(p, 'ferrofish-a16-mk2').now.x1).toBe(1);
    expect(p.covered).toBe(true);
  });

  it('16. three passive guitars and two instrument inputs: the third through a DI', () => {
    const p = plan({
      interface: 'scarlett-18i20-gen3',
      sources: [{ name: 'Gtr', kind: 'instrumentPassive', count: 3 }],
    });
    expect(p.channels.map(({ mode, di }) => [mode, di])).toEqual([
      ['inst', false],
      ['inst', false],
      ['mic', true],
    ]);
    expect(p.shopping).toEqual(['1 DI box']);
    expect(p.covered).toBe(true);
  });

  it('17. an active bass gives way to passive guitars and goes to line', () => {
    // Inputs 1 and 2 are the only instrument inputs; active instruments can do with line.
    const p = plan({
      interface: 'scarlett-18i8-gen3',
      sources: [
        { name: 'Bass', kind: 'instrumentActive' },
        { name: 'Gtr', kind: 'instrumentPassive', count: 2 },
      ],
    });
    expect(p.channels.find(({ name }) => name === 'Bass')).toMatchObject({ mode: 'line', di: false });
    expect(p.channels.filter(({ mode }) => mode === 'inst').map(({ name }) => name)).toEqual(['Gtr 1', 'Gtr 2']);
    expect(p.notes.map(({ code, severity }) => [code, severity])).toEqual([['active-instrument-into-line', 'info']]);
  });

  it('18. four mixes on an 18i20: two headphone outputs, two amplifiers on line pairs', () => {
    // Main + 4 mixes = 5 pairs = all 10 outputs. Headphone sockets on 7-8 and 9-10 only.
    const p = plan({
      interface: 'scarlett-18i20-gen3',
      sources: [mics(4)],
      headphones: ['Singer', 'Guitar', 'Bass', 'Drums'].map((name) => ({ name, mix: name })),
    });
    expect(p.needs).toMatchObject({ outputs: 10, headphoneMixes: 4, listeners: 4 });
    expect(p.outputs.map(({ outputs }) => outputs?.[0]).sort((a, b) => a! - b!)).toEqual([1, 3, 5, 7, 9]);
    expect(p.outputs.filter(({ socket }) => socket === 'phones')).toHaveLength(2);
    expect(p.outputs.filter(({ amp }) => amp)).toHaveLength(2);
    expect(p.covered).toBe(true);
  });

  it('19. five singers on one mix count once, and share an amplifier', () => {
    // One mix: one pair beside the monitors, 4 outputs. Five listeners on one socket: an amplifier.
    const p = plan({
      interface: 'scarlett-18i8-gen3',
      sources: [mics(2, 'condenser')],
      headphones: ['S', 'A', 'T', 'B', 'Conductor'].map((name) => ({ name, mix: 'Choir' })),
    });
    expect(p.needs).toMatchObject({ outputs: 4, headphoneMixes: 1, listeners: 5 });
    expect(p.outputs[1]).toMatchObject({ need: 'Mix Choir', amp: true });
    expect(p.shopping).toEqual(['1 headphone amplifier']);
  });

  it('20. one mic now, eight more later: an interface that can grow', () => {
    // 1 + 8 = 9 mic inputs. The 2i2 can't grow; the smallest that can is the Clarett 2Pre: 2 + 8 = 10 with one box.
    const p = plan({ sources: [{ name: 'Vox', kind: 'condenser' }], growth: 8 });
    expect(p.interface.id).toBe('clarett-2pre');
    expect(p.growthCovered).toBe(true);
    expect(option(p, 'ada8200').now.x1).toBe(0);
    expect(option(p, 'ada8200').withGrowth.x1).toBe(1);
    const small = plan({ interface: 'scarlett-2i2-gen3', sources: [{ name: 'Vox', kind: 'condenser' }], growth: 8 });
    expect(small.growthCovered).toBe(false);
    expect(small.remarks.join(' ')).toContain('no room for 8 more');
  });

  it('21. a reverb on S/PDIF beside eight mics: at 96 kHz yes, at 192 kHz no', () => {
    const p = plan({
      interface: 'scarlett-18i20-gen3',
      rateHz: 96000,
      sources: [mics(8), { name: 'Verb', kind: 'digital', count: 2 }],
    });
    expect(p.needs).toMatchObject({ digital: 2, inputs: 10 });
    expect(p.channels.slice(8).map(({ channel, name }) => [channel, name])).toEqual([
      [11, 'Verb L'],
      [12, 'Verb R'],
    ]);
    expect(p.rates.map(({ rateHz, covered }) => [rateHz, covered])).toEqual([
      [48000, true],
      [96000, true],
      [192000, false],
    ]);
    expect(p.rates[2]?.missing).toEqual(['Verb L', 'Verb R']);
  });
});

describe('the planner', () => {
  it('says which word of the brief it does not know', () => {
    const fault = (value: object) => {
      const planned = planSession(brief(value), INTERFACE_MAPS);
      return planned.ok ? null : planned.fault.code;
    };
    expect(fault({ interface: 'Teac Portastudio' })).toBe('plan-unknown-interface');
    expect(fault({ have: ['space-echo'] })).toBe('plan-unknown-expander');
    expect(fault({ expander: 'space-echo' })).toBe('plan-unknown-expander');
    expect(fault({ sources: [mics(16), mics(16), mics(16), mics(16)], rateHz: 192000 })).toBe('plan-no-interface');
    expect(parseBrief({ sources: [{ name: 'x', kind: 'kazoo' }] })).toMatchObject({
      ok: false,
      fault: { code: 'brief-invalid' },
    });
  });

  it('keeps the channels of one source side by side on one box', () => {
    // The guitar must take OctoPre 1 or 2 (its only instrument inputs left); the overheads stay a pair all the same.
    const p = plan({
      interface: 'scarlett-18i20-gen3',
      expander: 'clarett-octopre',
      sources: [
        { name: 'Gtr A', kind: 'instrumentPassive', count: 2 },
        mics(7),
        { name: 'OH', kind: 'condenser', count: 2 },
        { name: 'Gtr B', kind: 'instrumentPassive' },
      ],
    });
    const overheads = p.channels.filter(({ source }) => source === 'condenser');
    expect(overheads[1]!.channel - overheads[0]!.channel).toBe(1);
    expect(overheads.map(({ name }) => name)).toEqual(['OH 1', 'OH 2']);
    expect(p.channels.filter(({ di }) => di)).toEqual([]);
  });

  it('sends line sources to the jack beside a bare XLR input', () => {
    const p = plan({
      interface: 'scarlett-18i20-gen3',
      expander: 'ada8200',
      sources: [mics(8), { name: 'Keys', kind: 'synth', count: 2 }],
    });
    const keys = p.channels.filter(({ source, box }) => source === 'synth' && box === 'ada8200');
    expect(keys.map(({ connector, mode }) => [connector, mode])).toEqual([
      ['trs', 'line'],
      ['trs', 'line'],
    ]);
  });

  it('leaves an expander out that sends nothing at this rate, and says so', () => {
    const p = plan({ interface: 'scarlett-18i20-gen2', rateHz: 96000, sources: [mics(8)], have: ['ada8200'] });
    expect(p.expanders).toEqual([]);
    expect(p.remarks.join(' ')).toContain('ADA8200 sends nothing over ADAT at 96 kHz');
    expect(p.covered).toBe(true);
  });

  it('tells facts that nobody verified', () => {
    const p = plan({ interface: 'audient-evo-16', sources: [mics(10)], expander: 'ada8200' });
    expect(p.remarks.join(' ')).toContain('The facts on Audient EVO 16 are not all verified');
    expect(p.remarks.join(' ')).toContain('The facts on Behringer ADA8200 are not all verified');
  });

  it('gives the clock settings in the words of each box', () => {
    const p = plan({ interface: 'scarlett-18i20-gen3', sources: [mics(12)], expander: 'ada8200' });
    expect(p.clock.map(({ how }) => how)).toEqual([
      'Focusrite Control, Clock Source: Internal',
      'rear SYNC switch to SLAVE, ADAT IN',
    ]);
  });
});

describe('the assignment', () => {
  it('is never beaten by trying all ways', () => {
    const cell = fc.option(fc.integer({ min: 0, max: 50 }), { nil: null, freq: 3 });
    const table = fc
      .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 5 }))
      .chain(([rows, columns]) =>
        fc.array(fc.array(cell, { minLength: columns, maxLength: columns }), { minLength: rows, maxLength: rows }),
      );
    // As few left out as can be, then late rows rather than early ones, then the cheapest.
    const leftOut = (costs: unknown[], row: number) => 1e6 + 1e3 * (costs.length - row);
    const value = (costs: (number | null)[][], answer: readonly (number | null)[]) =>
      answer.reduce<number>(
        (sum, column, row) => sum + (column === null ? leftOut(costs, row) : costs[row]![column]!),
        0,
      );
    const bruteForce = (costs: (number | null)[][], row = 0, used: number[] = []): number => {
      if (row === costs.length) return 0;
      let best = leftOut(costs, row) + bruteForce(costs, row + 1, used);
      costs[row]!.forEach((cost, column) => {
        if (cost !== null && !used.includes(column)) {
          best = Math.min(best, cost + bruteForce(costs, row + 1, [...used, column]));
        }
      });
      return best;
    };
    fc.assert(
      fc.property(table, (costs) => {
        const answer = assign(costs);
        const taken = answer.filter((column) => column !== null);
        expect(new Set(taken).size).toBe(taken.length);
        answer.forEach((column, row) => {
          if (column !== null) expect(costs[row]![column]).not.toBeNull();
        });
        expect(value(costs, answer)).toBe(bruteForce(costs));
      }),
      { numRuns: 500, seed: 9 },
    );
  });
});

describe('any brief', () => {
  const kinds = [
    'dynamic',
    'condenser',
    'ribbonPassive',
    'ribbonActive',
    'diActive',
    'diPassive',
    'instrumentPassive',
    'instrumentActive',
    'synth',
    'linePlus4',
    'lineMinus10',
    'digital',
  ];
  const source = fc.record({
    name: fc.constantFrom('Kick', 'A name of 16 let', 'Ö'),
    kind: fc.constantFrom(...kinds),
    count: fc.integer({ min: 1, max: 5 }),
  });
  const anyBrief = fc
    .record({
      rateHz: fc.constantFrom(...RATES_HZ),
      interface: fc.constantFrom(...ABILITIES.map(({ id }) => id)),
      sources: fc.array(source, { maxLength: 7 }),
      headphones: fc.array(
        fc.record({ name: fc.constantFrom('Ann', 'Bea'), mix: fc.constantFrom('main', 'A', 'B', 'C') }),
        { maxLength: 5 },
      ),
      monitorPairs: fc.integer({ min: 0, max: 3 }),
      growth: fc.integer({ min: 0, max: 9 }),
      have: fc.array(fc.constantFrom(...EXPANDERS.map(({ id }) => id)), { maxLength: 2 }),
      expander: fc.option(fc.constantFrom('ada8200', 'clarett-octopre', 'octopre-mkii', 'asp880'), { nil: null }),
    })
    .map(brief);

  it('gives a plan whose channels never overlap and never pass what the port carries at the rate', () => {
    fc.assert(
      fc.property(anyBrief, (any) => {
        const planned = planSession(any, INTERFACE_MAPS);
        if (!planned.ok) throw new Error(planned.fault.what);
        const p = planned.value;
        const channels = p.channels.map(({ channel }) => channel);
        expect(new Set(channels).size).toBe(channels.length);
        const sockets = p.channels.map(
          ({ box, input, mode }) => `${box} ${mode === 'digital' ? 'spdif ' : ''}${input}`,
        );
        expect(new Set(sockets).size).toBe(sockets.length);
        const perPort = new Map<string, number>();
        for (const { port, channel, mode } of p.channels) {
          if (port === null) continue;
          perPort.set(port, (perPort.get(port) ?? 0) + 1);
          const range = p.sheet.interface.ports.find(({ id }) => id === port)!;
          expect(channel).toBeGreaterThanOrEqual(range.first);
          expect(channel).toBeLessThanOrEqual(range.last);
          expect(perPort.get(port)).toBeLessThanOrEqual(mode === 'digital' ? 2 : adatChannels(any.rateHz));
          if (mode === 'digital') expect(any.rateHz).toBeLessThanOrEqual(96000);
        }
        const fibres = p.expanders.flatMap((expander) => expander.fibres);
        expect(new Set(fibres).size).toBe(fibres.length);
        const pairs = p.outputs.flatMap(({ outputs }) => (outputs === null ? [] : [outputs[0]]));
        expect(new Set(pairs).size).toBe(pairs.length);
        expect(channels.length + p.uncovered.length).toBe(p.needs.inputs);
      }),
      { numRuns: 150, seed: 9 },
    );
  });

  it('that is covered gives a sheet with no alarm and no warning, and a valid configuration', () => {
    let covered = 0;
    fc.assert(
      fc.property(anyBrief, (any) => {
        const planned = planSession(any, INTERFACE_MAPS);
        if (!planned.ok) throw new Error(planned.fault.what);
        const { config, notes, covered: all } = planned.value;
        expect([...Value.Errors(Config, config)]).toEqual([]);
        if (!all) return;
        covered++;
        expect(notes.filter(({ severity }) => severity !== 'info')).toEqual([]);
      }),
      { numRuns: 150, seed: 10 },
    );
    // The property must have something to say: a good part of such briefs can be covered.
    expect(covered).toBeGreaterThan(20);
  });

  it('with one more source never needs fewer inputs or fewer expanders', () => {
    fc.assert(
      fc.property(anyBrief, source, (any, one) => {
        if (any.sources.length > 5) return;
        const more = brief({ ...any, sources: [...any.sources, one] });
        expect(countNeeds(more).inputs).toBeGreaterThan(countNeeds(any).inputs);
        const before = planSession(any, INTERFACE_MAPS);
        const after = planSession(more, INTERFACE_MAPS);
        if (!before.ok || !after.ok) throw new Error('no plan');
        before.value.options.forEach((option, i) => {
          const then = after.value.options[i]!;
          for (const rate of ['x1', 'x2', 'x4'] as const) {
            // null: more than there are ports for.
            expect(then.now[rate] ?? 99).toBeGreaterThanOrEqual(option.now[rate] ?? 99);
          }
        });
      }),
      { numRuns: 60, seed: 11 },
    );
  });
});
