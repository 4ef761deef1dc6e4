/** Many names at once, as one would write them on tape: pure, so that a test can hold it. */

/**
 * Names for channels `first`..`last` from one line.
 * `Kick in, Kick out, Snare` names one after the other; `OH` on two channels is a stereo pair: OH L, OH R;
 * `Toms pair` makes pairs all along: Toms 1 L, Toms 1 R, Toms 2 L ...; `Kit` on more is numbered: Kit 1, Kit 2 ...
 * Empty clears them.
 */
export function bulkNames(text: string, first: number, last: number): { index: number; name: string }[] {
  const count = last - first + 1;
  const line = text.trim();
  const list = line.split(',').map((name) => name.trim());
  const at = (i: number, name: string) => ({ index: first + i, name: name.slice(0, 16) });
  const indexes = Array.from({ length: Math.max(0, count) }, (_, i) => i);
  if (line === '') return indexes.map((i) => at(i, ''));
  if (list.length > 1) return indexes.filter((i) => i < list.length).map((i) => at(i, list[i]!));
  if (count === 1) return [at(0, line)];
  const pairs = /^(.*\S)\s+pairs?$/i.exec(line);
  if (count === 2) {
    const stem = (pairs?.[1] ?? line).slice(0, 14);
    return [at(0, `${stem} L`), at(1, `${stem} R`)];
  }
  if (pairs !== null) {
    const stem = pairs[1]!.slice(0, 11);
    return indexes.map((i) => at(i, `${stem} ${Math.floor(i / 2) + 1} ${i % 2 === 0 ? 'L' : 'R'}`));
  }
  const stem = line.slice(0, 13);
  return indexes.map((i) => at(i, `${stem} ${i + 1}`));
}

/** `1-8`, `5`, `17 18`: first and last channel, or null. */
export function readRange(text: string): { first: number; last: number } | null {
  const match = /^\s*(\d{1,2})(?:\s*[-–\s]\s*(\d{1,2}))?\s*$/.exec(text);
  if (match === null) return null;
  const first = Number(match[1]);
  const last = Number(match[2] ?? match[1]);
  return first >= 1 && last <= 64 && first <= last ? { first, last } : null;
}
