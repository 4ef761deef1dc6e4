import { createSocket } from 'node:dgram';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { answersTo, MdnsResponder, recordsOf } from '../../src/web/mdns.ts';
import { type DnsRecord, decodePacket, encodePacket, TYPE } from '../../src/web/mdnsPacket.ts';

const cleanUps: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

const RECORDS = recordsOf('lightkeeper', 8080, ['192.168.1.23', '10.0.0.5']);

describe('packets', () => {
  it('come back as they went', () => {
    const packet = decodePacket(encodePacket({ id: 7, answers: RECORDS }));
    expect(packet).toEqual({ id: 7, response: true, questions: [], answers: RECORDS });
  });

  it('that are nonsense are null, and never an exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
        decodePacket(Buffer.from(bytes));
      }),
      { numRuns: 2000 },
    );
    const good = encodePacket({ answers: RECORDS });
    for (let length = 0; length < good.length; length++) decodePacket(good.subarray(0, length));
    for (let i = 0; i < good.length; i++) {
      const bent = Buffer.from(good);
      bent[i] = 0xc0;
      decodePacket(bent);
    }
    const circle = Buffer.from([0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xc0, 12, 0, 1, 0, 1]);
    expect(decodePacket(circle)).toBeNull();
  });
});

describe('answers', () => {
  const ask = (name: string, type: number) =>
    answersTo([{ name, type, unicast: false }], RECORDS).map((record: DnsRecord) => record.type);
  it('are given for our own names, and for nothing else', () => {
    expect(ask('lightkeeper.local', TYPE.A)).toEqual(['A', 'A']);
    expect(ask('lightkeeper.local', TYPE.AAAA)).toEqual([]);
    expect(ask('other.local', TYPE.A)).toEqual([]);
    expect(ask('_services._dns-sd._udp.local', TYPE.PTR)).toEqual(['PTR']);
    expect(ask('_http._tcp.local', TYPE.PTR)).toEqual(['PTR', 'SRV', 'TXT', 'A', 'A']);
    expect(ask('lightkeeper._http._tcp.local', TYPE.SRV)).toEqual(['SRV']);
  });
});

async function responder() {
  const made = new MdnsResponder({
    name: 'Lightkeeper',
    httpPort: 8080,
    addresses: () => ['192.168.1.23'],
    logger: { info: () => {}, warn: () => {}, error: () => {} },
    udpPort: 0,
  });
  cleanUps.push(() => made.stop());
  await made.start();
  return made;
}

describe('the responder', () => {
  it('answers a real question over UDP with the address, to the asker', async () => {
    const made = await responder();
    await expect.poll(() => made.name(), { timeout: 10_000 }).toBe('lightkeeper.local');
    const client = createSocket('udp4');
    cleanUps.push(() => void client.close());
    const answer = new Promise<Buffer>((resolve) => client.once('message', resolve));
    client.send(
      encodePacket({ id: 99, questions: [{ name: 'lightkeeper.local', type: TYPE.A }] }),
      made.port(),
      '127.0.0.1',
    );
    expect(decodePacket(await answer)).toMatchObject({
      id: 99,
      response: true,
      answers: [{ type: 'A', name: 'lightkeeper.local', address: '192.168.1.23', ttlS: 120 }],
    });
  });

  it('takes the next name when another host has it', async () => {
    const made = await responder();
    const other = createSocket('udp4');
    cleanUps.push(() => void other.close());
    other.send(encodePacket({ answers: recordsOf('lightkeeper', 80, ['192.168.1.99']) }), made.port(), '127.0.0.1');
    await expect.poll(() => made.name(), { timeout: 10_000 }).toBe('lightkeeper-2.local');
  });
});
