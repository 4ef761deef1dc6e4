import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodePacket,
  encodeBundles,
  encodeMessage,
  type OscArgument,
  OscFloat,
} from '../../src/integrations/oscPackets.ts';

const address = fc.stringMatching(/^\/[a-z0-9/-]{1,30}$/);
const argument = fc.oneof(
  fc.integer({ min: -(2 ** 31) + 1, max: 2 ** 31 - 1 }),
  fc.float({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Number.isInteger(value)),
  fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\0', '')),
  fc.boolean(),
  fc.constant(null),
  fc.uint8Array({ maxLength: 40 }),
);
const message = fc.record({ address, args: fc.array(argument, { maxLength: 8 }) });

describe('OSC packets', () => {
  it("are the bytes of the specification's own examples", () => {
    const one = encodeMessage({ address: '/oscillator/4/frequency', args: [new OscFloat(440)] });
    expect(one.toString('latin1')).toBe('/oscillator/4/frequency\0,f\0\0\x43\xdc\0\0');
    const two = encodeMessage({ address: '/foo', args: [1000, -1, 'hello', 1.234, 5.678] });
    expect([...two]).toEqual([
      0x2f, 0x66, 0x6f, 0x6f, 0, 0, 0, 0, 0x2c, 0x69, 0x69, 0x73, 0x66, 0x66, 0, 0, 0, 0, 3, 0xe8, 0xff, 0xff, 0xff,
      0xff, 0x68, 0x65, 0x6c, 0x6c, 0x6f, 0, 0, 0, 0x3f, 0x9d, 0xf3, 0xb6, 0x40, 0xb5, 0xb2, 0x2d,
    ]);
  });

  it('come back as they went', () => {
    fc.assert(
      fc.property(message, (sent) => {
        expect(decodePacket(encodeMessage(sent))).toEqual([sent]);
      }),
    );
  });

  it('travel in bundles that fit a network packet, in order and complete', () => {
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 60 }), (sent) => {
        const bundles = encodeBundles(sent, 400);
        for (const bundle of bundles) expect(bundle.length).toBeLessThanOrEqual(16 + 4 + 600);
        const longest = Math.max(...sent.map((one) => encodeMessage(one).length));
        for (const bundle of bundles) expect(bundle.length).toBeLessThanOrEqual(Math.max(400, 20 + longest));
        expect(bundles.flatMap((bundle) => decodePacket(bundle)!)).toEqual(sent);
      }),
    );
  });

  it('that are none, or are damaged, give null or messages, and never throw', () => {
    const damaged = fc
      .tuple(message, fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 5 }))
      .map(([one, bites]) => {
        const bytes = encodeBundles([one])[0]!;
        for (const [at, value] of bites) bytes[at % bytes.length] = value;
        return new Uint8Array(bytes);
      });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), damaged), (bytes) => {
        const read = decodePacket(bytes);
        if (read !== null) for (const { address } of read) expect(address.startsWith('/')).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('bundles within bundles without end are refused', () => {
    let bytes = encodeBundles([{ address: '/a', args: [] }])[0]!;
    for (let depth = 0; depth < 10; depth++) {
      const size = Buffer.alloc(4);
      size.writeInt32BE(bytes.length);
      bytes = Buffer.concat([bytes.subarray(0, 16), size, bytes]);
    }
    expect(decodePacket(bytes)).toBeNull();
  });

  it('with arguments of types that are not known are refused, not guessed', () => {
    const unknown: OscArgument[] = [];
    const bytes = encodeMessage({ address: '/a', args: unknown });
    bytes[5] = 'x'.charCodeAt(0);
    expect(decodePacket(bytes)).toBeNull();
  });
});
