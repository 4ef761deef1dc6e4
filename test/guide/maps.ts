/** Channel maps as the table of interfaces gives them, for tests that must not change when the table grows. */
import type { InterfaceMap, PortMap } from '../../src/device/interfaces/interfaceMap.ts';

/** `analogue 1-8, spdif 9-10, adat-a 11-18` */
function ports(text: string): PortMap[] {
  return text.split(', ').map((part) => {
    const [id, range] = part.split(' ');
    const [first, last] = range!.split('-').map(Number);
    const kind = id!.startsWith('adat') ? 'adat' : (id as PortMap['kind']);
    const letter = id!.split('-')[1];
    const name = letter === undefined ? id! : `ADAT ${letter.toUpperCase()}`;
    return { id: id!, name, kind, first: first!, last: last! };
  });
}

const map = (name: string, usbIds: string[], x1: string, x2: string | null, x4: string | null): InterfaceMap => ({
  name,
  usbIds,
  verified: x2 !== null && x4 !== null,
  maps: { x1: ports(x1), x2: x2 === null ? null : ports(x2), x4: x4 === null ? null : ports(x4) },
});

export const MAPS: readonly InterfaceMap[] = [
  map(
    'Scarlett 18i20 (3rd Gen)',
    ['1235:8215'],
    'analogue 1-8, loopback 9-10, spdif 11-12, adat-a 13-20',
    'analogue 1-8, loopback 9-10, spdif 11-12, adat-a 13-16',
    'analogue 1-8, loopback 9-10',
  ),
  map(
    'Scarlett 18i20 (2nd Gen)',
    ['1235:8201'],
    'analogue 1-8, spdif 9-10, adat-a 11-18',
    'analogue 1-8, spdif 9-10, adat-a 11-14',
    'analogue 1-8, spdif 9-10',
  ),
  map(
    'Scarlett 18i8 (3rd Gen)',
    ['1235:8214'],
    'analogue 1-8, spdif 9-10, loopback 11-12, adat-a 13-20',
    'analogue 1-8, spdif 9-10, loopback 11-12, adat-a 13-16',
    'analogue 1-8, spdif 9-10',
  ),
  map(
    'Clarett 4Pre USB',
    ['1235:8207', '1235:820b'],
    'analogue 1-8, spdif 9-10, adat-a 11-18',
    'analogue 1-8, spdif 9-10, adat-a 11-14',
    'analogue 1-8, spdif 9-10, adat-a 11-12',
  ),
  map(
    'Clarett 2Pre USB',
    ['1235:8206', '1235:820a'],
    'analogue 1-2, spdif 3-4, adat-a 5-12',
    'analogue 1-2, spdif 3-4, adat-a 5-8',
    'analogue 1-2',
  ),
  map(
    'RME Digiface USB',
    ['2a39:3f8c', '2a39:3fa0'],
    'adat-a 1-8, adat-b 9-16, adat-c 17-24, adat-d 25-32',
    'adat-a 1-4, adat-b 5-8, adat-c 9-12, adat-d 13-16',
    'adat-a 1-2, adat-b 3-4, adat-c 5-6, adat-d 7-8',
  ),
  map('Audient EVO 16', ['2708:000a'], 'analogue 1-8, adat-a 9-16, adat-b 17-24', null, null),
];
