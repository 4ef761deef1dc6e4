/**
 * Where a Broadcast Wave file begins: TimeReference of its bext chunk (EBU Tech 3285: samples since midnight), the date beside
 * it, its rate and length. Reads the head of the file alone. RIFF, RF64 and BW64. Pure.
 */
import { bad, good, type Outcome } from '../fault.ts';

export interface BroadcastStart {
  readonly rateHz: number;
  /** Frames since midnight. */
  readonly timeReference: number;
  /** `2026-05-01`, of the recorder's own clock; null: none that can be read. */
  readonly date: string | null;
  /** Who made it: `Lightkeeper` for the safety recorder, whose day is that of UTC. */
  readonly originator: string;
  /** null: the head does not tell. */
  readonly frames: number | null;
}

/** `head`: the first bytes of the file; all chunks up to `data` must lie in them (DAWs write them first). */
export function readBext(head: Uint8Array): Outcome<BroadcastStart> {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const ascii = (at: number, length: number) => {
    let words = '';
    for (let i = at; i < at + length && i < head.length && head[i] !== 0; i++) words += String.fromCharCode(head[i]!);
    return words;
  };
  const form = ascii(0, 4);
  if ((form !== 'RIFF' && form !== 'RF64' && form !== 'BW64') || ascii(8, 4) !== 'WAVE') {
    return bad('anchor-not-wave', 'The file to lay the markers against is no WAVE file.', 'Name a take of the DAW.');
  }
  let format: { rateHz: number; frameBytes: number } | null = null;
  let bext: { timeReference: number; date: string | null; originator: string } | null = null;
  let dataBytes: number | null = null;
  let wideBytes: number | null = null;
  for (let at = 12; at + 8 <= head.length && dataBytes === null; ) {
    const id = ascii(at, 4);
    const size = view.getUint32(at + 4, true);
    const body = at + 8;
    if (id === 'ds64' && body + 16 <= head.length) wideBytes = Number(view.getBigUint64(body + 8, true));
    if (id === 'fmt ' && body + 16 <= head.length) {
      format = { rateHz: view.getUint32(body + 4, true), frameBytes: view.getUint16(body + 12, true) };
    }
    if (id === 'bext' && body + 346 <= head.length) {
      const date = ascii(body + 320, 10).replace(/[^0-9]/g, '-');
      bext = {
        timeReference: view.getUint32(body + 338, true) + view.getUint32(body + 342, true) * 2 ** 32,
        date: /^\d{4}-\d{2}-\d{2}$/.test(date) && !Number.isNaN(Date.parse(date)) ? date : null,
        originator: ascii(body + 256, 32),
      };
    }
    if (id === 'data') dataBytes = size === 0xffffffff && wideBytes !== null ? wideBytes : size;
    at = body + size + (size % 2);
  }
  if (format === null || format.rateHz === 0) {
    return bad('anchor-not-wave', 'The file to lay the markers against has no format.', 'Name a take of the DAW.');
  }
  if (bext === null) {
    return bad(
      'anchor-no-bext',
      'The file to lay the markers against does not say when it began: it has no bext chunk.',
      'Let the DAW record Broadcast Wave, or set the markers by a take (--take) and a mark.',
    );
  }
  const frames = dataBytes === null || format.frameBytes === 0 ? null : Math.floor(dataBytes / format.frameBytes);
  return good({ ...bext, rateHz: format.rateHz, frames });
}
