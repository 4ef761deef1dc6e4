/** The four sync words, each with a shape of its own: word and shape first, colour second. */
import type { Basis, SyncWord } from '../../monitor/snapshot.ts';

const SVG = 'http://www.w3.org/2000/svg';

/** sync: a full disc with a tick. lock: a diamond, split. noLock: a square with a cross. unknown: a broken ring. */
const PATHS: Readonly<Record<SyncWord, string>> = {
  sync: 'M12 1.5a10.5 10.5 0 1 0 0 21 10.5 10.5 0 0 0 0-21Zm-1.7 16L5 12.3l2.3-2.2 3 2.9 6.5-6.7 2.3 2.2z',
  lock: 'M12 .8 1.2 11.4h8.3l3.2-4.6 1.4 4.6h8.7zM1.2 13.2 12 23.2l10.8-10h-9.7l-.8-2.4-1.7 2.4z',
  noLock:
    'M2 2h20v20H2zm5.6 3.4L5.4 7.6 9.8 12l-4.4 4.4 2.2 2.2 4.4-4.4 4.4 4.4 2.2-2.2-4.4-4.4 4.4-4.4-2.2-2.2L12 9.8z',
  unknown:
    'M9.2 1.9 10 5a7.3 7.3 0 0 1 4 0l.8-3.1a10.5 10.5 0 0 0-5.6 0ZM17.3 3l-1.6 2.7a7.3 7.3 0 0 1 2.6 2.6L21 6.7A10.5 10.5 0 0 0 17.3 3ZM22.1 9.2 19 10a7.3 7.3 0 0 1 0 4l3.1.8a10.5 10.5 0 0 0 0-5.6ZM18.3 15.7a7.3 7.3 0 0 1-2.6 2.6l1.6 2.7a10.5 10.5 0 0 0 3.7-3.7ZM14 19a7.3 7.3 0 0 1-4 0l-.8 3.1a10.5 10.5 0 0 0 5.6 0ZM8.3 18.3a7.3 7.3 0 0 1-2.6-2.6L3 17.3A10.5 10.5 0 0 0 6.7 21ZM5 14a7.3 7.3 0 0 1 0-4l-3.1-.8a10.5 10.5 0 0 0 0 5.6ZM5.7 8.3a7.3 7.3 0 0 1 2.6-2.6L6.7 3A10.5 10.5 0 0 0 3 6.7Z',
};

export function syncShape(sync: SyncWord): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('class', 'shape');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', PATHS[sync]);
  path.setAttribute('fill-rule', 'evenodd');
  svg.append(path);
  return svg;
}

export const SYNC_WORDS: Readonly<Record<SyncWord, string>> = {
  sync: 'SYNC',
  lock: 'LOCK',
  noLock: 'NO LOCK',
  unknown: '?',
};

/** What a screen reader says: the shape can not be seen there. */
export const SYNC_SPOKEN: Readonly<Record<SyncWord, string>> = {
  sync: 'in sync',
  lock: 'locked but slipping',
  noLock: 'no lock',
  unknown: "can't tell",
};

export const BASIS_WORDS: Readonly<Record<Basis, string>> = {
  device: 'says the device',
  audio: 'by the audio',
  proof: 'proved',
  none: 'no evidence',
};
