import { EventEmitter } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { braille, createTerminalPanel, halfBlocks, type TerminalIn } from '../../src/device/panel/terminal.ts';
import type { ButtonEdge } from '../../src/device/ports.ts';
import { Framebuffer } from '../../src/ui/framebuffer.ts';

function picture(): Framebuffer {
  const frame = new Framebuffer();
  frame.set(0, 0);
  frame.set(1, 1);
  frame.set(2, 0);
  frame.set(2, 1);
  frame.set(127, 63);
  return frame;
}

function terminal(columns: number, rows: number) {
  const written: string[] = [];
  const keys = new EventEmitter();
  const raw: boolean[] = [];
  const input = Object.assign(keys, {
    isTTY: true,
    setRawMode: (on: boolean) => raw.push(on),
    resume: () => undefined,
    pause: () => undefined,
  }) as unknown as TerminalIn;
  const edges: ButtonEdge[] = [];
  let quits = 0;
  const panel = createTerminalPanel({
    out: { write: (text) => written.push(text), columns, rows },
    in: input,
    now: () => performance.now(),
    onEdge: (edge) => edges.push(edge),
    onQuit: () => quits++,
  });
  return {
    panel,
    written,
    raw,
    edges,
    type: (text: string) => keys.emit('data', Buffer.from(text)),
    quits: () => quits,
  };
}

afterEach(() => {
  vi.useRealTimers();
});

describe('the panel in a terminal', () => {
  it('draws two rows a line in half blocks', () => {
    const lines = halfBlocks(picture().bytes);
    expect(lines.length).toBe(32);
    expect(lines[0]!.slice(0, 4)).toBe('\u2580\u2584\u2588 ');
    expect(lines[31]![127]).toBe('\u2584');
  });

  it('draws eight pixels a character in braille', () => {
    const lines = braille(picture().bytes);
    expect(lines.length).toBe(16);
    expect(lines[0]!.charCodeAt(0)).toBe(0x2800 + 0b0001_0001);
    expect(lines[15]!.charCodeAt(63)).toBe(0x2800 + 0x80);
  });

  it('writes only the lines that changed, in place', async () => {
    const { panel, written } = terminal(140, 40);
    const frame = picture();
    panel.show(frame.bytes);
    written.length = 0;
    panel.show(frame.bytes);
    expect(written).toEqual([]);
    frame.set(50, 20);
    panel.show(frame.bytes);
    expect(written.length).toBe(1);
    expect(written[0]!.startsWith('\x1b[11;1H')).toBe(true);
    expect(written[0]!.split('\x1b[K').length).toBe(2);
    await panel.stop();
  });

  it('never writes a line longer than the terminal', async () => {
    const { panel, written } = terminal(60, 20);
    panel.show(picture().bytes);
    const lines = written.join('').split('\x1b[K');
    expect(lines.length).toBeGreaterThan(16);
    for (const line of lines.slice(1, -1))
      expect([...line.slice(line.indexOf('H') + 1)].length).toBeLessThanOrEqual(60);
    await panel.stop();
  });

  it('gives the terminal back as it was', async () => {
    const { panel, written, raw } = terminal(140, 40);
    panel.show(picture().bytes);
    await panel.stop();
    await panel.stop();
    expect(raw).toEqual([true, false]);
    expect(written[0]).toContain('\x1b[?1049h');
    expect(written.at(-1)).toContain('\x1b[?25h');
    expect(written.at(-1)).toContain('\x1b[?1049l');
    const before = written.length;
    panel.show(new Uint8Array(1024));
    expect(written.length).toBe(before);
  });

  it('turns keys into presses, and q into the wish to stop', async () => {
    vi.useFakeTimers();
    const { panel, edges, type, quits } = terminal(140, 40);
    type('a');
    vi.advanceTimersByTime(100);
    expect(edges.map((edge) => `${edge.button}${edge.down ? '+' : '-'}`)).toEqual(['A+', 'A-']);
    edges.length = 0;
    type('B');
    vi.advanceTimersByTime(1000);
    expect(edges.map((edge) => `${edge.button}${edge.down ? '+' : '-'}`)).toEqual(['B+', 'B-']);
    edges.length = 0;
    type('\x1b[C');
    vi.advanceTimersByTime(100);
    expect(edges[0]?.button).toBe('B');
    type('q');
    expect(quits()).toBe(1);
    await panel.stop();
  });
});
