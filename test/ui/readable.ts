/** Is every text of a page whole on the picture: nothing clipped, nothing drawn over it. */
import { type DrawnText, inkKey, PAGE_HEIGHT_PX, PAGE_WIDTH_PX } from '../../src/ui/canvas.ts';
import type { Framebuffer } from '../../src/ui/framebuffer.ts';

/** What is wrong, in words; empty when all texts can be read. `mayCut`: texts of the user's own choice. */
export function unreadable(
  frame: Framebuffer,
  texts: readonly DrawnText[],
  mayCut: (text: string) => boolean = () => false,
): string[] {
  const wrong: string[] = [];
  const owner = new Map<number, DrawnText>();
  for (const drawn of texts) {
    const label = `"${drawn.asked}"`;
    if (drawn.text !== drawn.asked && !mayCut(drawn.asked)) wrong.push(`${label} was cut to "${drawn.text}"`);
    const ink = new Set(drawn.ink);
    let outside = 0;
    for (const key of ink) {
      const y = Math.floor(key / 4096);
      const x = (key % 4096) - 2048;
      if (x < 0 || y < 0 || x >= PAGE_WIDTH_PX || y >= PAGE_HEIGHT_PX) outside++;
      const other = owner.get(key);
      if (other !== undefined) wrong.push(`${label} lies on "${other.asked}" at ${x},${y}`);
      owner.set(key, drawn);
    }
    if (outside > 0) wrong.push(`${label} has ${outside} px outside the page`);
    if (ink.size === 0) continue;
    // The ink's own box must show the glyphs and nothing else: as drawn, or all of it inverted.
    const ys = drawn.ink.map((key) => Math.floor(key / 4096));
    const xs = drawn.ink.map((key) => (key % 4096) - 2048);
    let same = 0;
    let opposite = 0;
    let all = 0;
    for (let y = Math.min(...ys); y <= Math.max(...ys); y++) {
      for (let x = Math.min(...xs); x <= Math.max(...xs); x++) {
        all++;
        if (frame.get(x, y) === ink.has(inkKey(x, y))) same++;
        else opposite++;
      }
    }
    if (same !== all && opposite !== all)
      wrong.push(`${label} is drawn over (${Math.min(same, opposite)} of ${all} px)`);
  }
  return wrong;
}
