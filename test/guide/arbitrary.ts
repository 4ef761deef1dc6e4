/** Any patch sheet that its schema allows, for property tests. */
import fc from 'fast-check';
import { EXPANDERS } from '../../src/guide/expanders.ts';
import { Connector, type PatchSheet, parsePatchSheet, RATES_HZ, Source } from '../../src/guide/patchSheet.ts';

const ids = ['interface', 'a', 'b', 'ghost'];
const ports = ['adat-a', 'adat-b', 'spdif'];
const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
const words = (schema: { enum: readonly unknown[] }) => fc.constantFrom(...(schema.enum as readonly string[]));
const clock = fc.constantFrom('internal', 'adat', 'spdif', 'wordClock', 'unknown');
const cable = fc.record({
  balanced: fc.boolean(),
  length: fc.double({ min: 0, max: 1000, noNaN: true }),
  unit: fc.constantFrom('ft', 'm'),
});

const input = fc.record({
  channel: fc.integer({ min: 1, max: 64 }),
  name: fc.string({ maxLength: 16 }),
  box: fc.constantFrom(...ids),
  input: fc.integer({ min: 1, max: 64 }),
  port: orNull(fc.constantFrom(...ports)),
  connector: words(Connector as never),
  source: words(Source as never),
  mode: orNull(fc.constantFrom('mic', 'line', 'inst', 'digital')),
  inputLevel: orNull(fc.constantFrom('plus4', 'minus10')),
  sourceLevel: orNull(fc.constantFrom('plus4', 'minus10')),
  phantom: fc.boolean(),
  phantomGroup: orNull(fc.constantFrom('1-4', '5-8')),
  pad: fc.boolean(),
  plug: orNull(fc.constantFrom('xlr', 'trs', 'ts', 'rca', 'optical')),
  cable,
  replug: fc.boolean(),
});

const expander = (id: string) =>
  fc.record({
    id: fc.constant(id),
    name: fc.string({ maxLength: 24 }),
    model: orNull(fc.constantFrom(...EXPANDERS.map((model) => model.id), 'not-in-the-table')),
    clock,
    fibres: fc.uniqueArray(fc.constantFrom(...ports), { maxLength: 3 }),
    returnFibre: fc.boolean(),
    wordClockFrom: orNull(fc.constantFrom(...ids, 'house')),
  });

export const anySheet: fc.Arbitrary<PatchSheet> = fc
  .record({
    rateHz: fc.constantFrom(...RATES_HZ),
    interface: fc.record({
      name: fc.string({ maxLength: 48 }),
      model: orNull(fc.constantFrom('scarlett-2i2-gen3', 'scarlett-18i20-gen3', '1235:8215', 'nothing')),
      clock,
      clockPort: orNull(fc.constantFrom(...ports)),
      wordClockFrom: orNull(fc.constantFrom(...ids, 'house')),
      ports: fc.array(
        fc.record({
          id: fc.constantFrom(...ports),
          connector: fc.constantFrom('optical', 'coax'),
          mode: fc.constantFrom('adat', 'spdif'),
          first: fc.integer({ min: 1, max: 64 }),
          last: fc.integer({ min: 1, max: 64 }),
        }),
        { maxLength: 4 },
      ),
    }),
    expanders: fc.oneof(fc.constant([]), fc.tuple(expander('a')), fc.tuple(expander('a'), expander('b'))),
    inputs: fc.array(input, { maxLength: 24 }),
    monitors: fc.array(fc.record({ connector: fc.constantFrom('xlr', 'trs', 'ts', 'rca'), cable }), { maxLength: 3 }),
    headphones: fc.array(
      fc.record({
        output: fc.constantFrom('', 'Phones 1'),
        mix: fc.constantFrom('', 'a', 'b'),
        impedanceOhm: orNull(fc.integer({ min: 0, max: 2000 })),
        ampOutputOhm: orNull(fc.integer({ min: 0, max: 1000 })),
        ampPowerMw: orNull(fc.integer({ min: 0, max: 10000 })),
      }),
      { maxLength: 4 },
    ),
  })
  .map((value) => {
    const parsed = parsePatchSheet(value);
    if (!parsed.ok) throw new Error(parsed.fault.what);
    return parsed.value;
  });
