import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeConnect, encodePublish, PacketReader } from '../../src/integrations/mqttPackets.ts';

describe('MQTT packets', () => {
  it('CONNECT is as the standard writes it: flags, keep alive, will, user and password in order', () => {
    const packet = encodeConnect({
      clientId: 'a',
      keepAliveS: 20,
      username: 'u',
      password: 'p',
      will: { topic: 't', payload: 'off' },
    });
    const body = '\0\x04MQTT\x04\xee\0\x14\0\x01a\0\x01t\0\x03off\0\x01u\0\x01p';
    expect(Buffer.from(packet).toString('latin1')).toBe(`\x10${String.fromCharCode(body.length)}${body}`);
  });

  it("lengths are the standard's: 127 in one byte, 128 in two, 16384 in three", () => {
    const lengthBytes = (total: number) => [...encodePublish('t', 'x'.repeat(total - 3), true).subarray(1, 5)];
    expect(lengthBytes(127)[0]).toBe(0x7f);
    expect(lengthBytes(128).slice(0, 2)).toEqual([0x80, 0x01]);
    expect(lengthBytes(16_384).slice(0, 3)).toEqual([0x80, 0x80, 0x01]);
  });

  it("the broker's words are understood however the network cuts them", () => {
    const stream = Uint8Array.of(0x20, 2, 0, 5, 0xd0, 0, 0xd0, 0);
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length), { maxLength: 6 }), (cuts) => {
        const reader = new PacketReader();
        const edges = [0, ...cuts.sort((a, b) => a - b), stream.length];
        const read = edges.slice(1).flatMap((edge, i) => reader.push(stream.subarray(edges[i]!, edge))!);
        expect(read).toEqual([{ kind: 'connack', code: 5 }, { kind: 'pong' }, { kind: 'pong' }]);
      }),
    );
  });

  it('what is no MQTT ends the connection, and what is endless is not collected', () => {
    expect(new PacketReader().push(Buffer.from('HTTP/1.1 400 Bad Request\r\n'))).toBeNull();
    expect(new PacketReader().push(Uint8Array.of(0x30, 0xff, 0xff, 0xff, 0x7f))).toBeNull();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        new PacketReader().push(bytes);
      }),
    );
  });
});
