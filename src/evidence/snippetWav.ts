import type { Snippet } from './snippet.ts';

/** A snippet as a WAVE file: PCM, 24 bits, one track a channel of the bank (WAVE_FORMAT_EXTENSIBLE beyond two). */
export function snippetWav(snippet: Snippet): Uint8Array {
  const channels = snippet.channels.length;
  const frames = snippet.samples.length / channels;
  const dataBytes = frames * channels * 3;
  const extensible = channels > 2;
  const fmtBytes = extensible ? 40 : 16;
  const bytes = new Uint8Array(12 + 8 + fmtBytes + 8 + dataBytes + (dataBytes & 1));
  const view = new DataView(bytes.buffer);
  const word = (at: number, text: string) => {
    for (let i = 0; i < 4; i++) bytes[at + i] = text.charCodeAt(i);
  };
  word(0, 'RIFF');
  view.setUint32(4, bytes.length - 8, true);
  word(8, 'WAVE');
  word(12, 'fmt ');
  view.setUint32(16, fmtBytes, true);
  view.setUint16(20, extensible ? 0xfffe : 1, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, snippet.rateHz, true);
  view.setUint32(28, snippet.rateHz * channels * 3, true);
  view.setUint16(32, channels * 3, true);
  view.setUint16(34, 24, true);
  if (extensible) {
    view.setUint16(36, 22, true);
    view.setUint16(38, 24, true);
    view.setUint32(40, 0, true);
    // KSDATAFORMAT_SUBTYPE_PCM
    bytes.set([1, 0, 0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71], 44);
  }
  let at = 20 + fmtBytes;
  word(at, 'data');
  view.setUint32(at + 4, dataBytes, true);
  at += 8;
  for (const sample of snippet.samples) {
    bytes[at++] = sample >> 8;
    bytes[at++] = sample >> 16;
    bytes[at++] = sample >> 24;
  }
  return bytes;
}
