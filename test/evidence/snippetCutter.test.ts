import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stage } from '../../src/dsp/slip/slipKernel.ts';
import { createTwinSlipKernel } from '../../src/dsp/slip/slipTwin.ts';
import { type Snippet, snippetReach } from '../../src/evidence/snippet.ts';
import { SnippetCutter, snippetRingFrames } from '../../src/evidence/snippetCutter.ts';

/** A sample that tells its frame and channel. */
const sampleAt = (frame: number, channel: number) => (frame * 64 + channel) | 0;

/** A cutter on the ring of a slip kernel, fed as the slip detector feeds it. */
function run(channels: number, maxFrames: number, rateHz: number, sizes: readonly number[]) {
  const cut: Snippet[] = [];
  const cutter = new SnippetCutter({ channels, maxFrames, rateHz, onSnippet: (snippet) => cut.push(snippet) });
  const kernel = createTwinSlipKernel({
    channels,
    maxFrames: snippetRingFrames(rateHz, maxFrames),
    lanes: [0, 0, 0, 0],
    capacity: 64,
  });
  cutter.watch({ frames: kernel.ringFrames, samples: kernel.ring });
  const block = new Int32Array(maxFrames * channels).fill(-1);
  let at = 0;
  const append = (frames: number, firstFrame = at) => {
    // What stands behind the frames told is left over from before: rubbish.
    block.fill(0x5a5a5a5a);
    for (let n = 0; n < frames; n++)
      for (let c = 0; c < channels; c++) block[n * channels + c] = sampleAt(firstFrame + n, c);
    stage(kernel, block, channels, frames, firstFrame);
    cutter.advance(frames, firstFrame);
    at = firstFrame + frames;
  };
  for (const size of sizes) append(size);
  return { cutter, cut, append, at: () => at };
}

function expectExact(snippet: Snippet) {
  const reach = snippetReach(snippet.rateHz);
  expect(snippet.firstFrame).toBe(snippet.frame - reach);
  expect(snippet.samples.length).toBe(2 * reach * snippet.channels.length);
  const wrong = snippet.samples.findIndex(
    (x, i) =>
      x !==
      sampleAt(
        snippet.firstFrame + Math.floor(i / snippet.channels.length),
        snippet.channels[i % snippet.channels.length]! - 1,
      ),
  );
  expect(wrong).toBe(-1);
}

describe('the pieces cut out of the ring of samples', () => {
  it('cuts exactly the 20 ms on either side, whatever the sizes of the blocks and wherever it wraps', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.array(fc.integer({ min: 0, max: 480 }), { minLength: 60, maxLength: 120 }),
        fc.integer({ min: 0, max: 4000 }),
        (channels, sizes, back) => {
          const { cutter, cut, append, at } = run(channels, 480, 48000, sizes);
          const frame = at() - back;
          fc.pre(frame > 1000);
          cutter.want(0, [channels - 1, 0], frame);
          for (let i = 0; i < 4; i++) append(480);
          expect(cut).toHaveLength(1);
          expect(cut[0]!.frame).toBe(frame);
          expectExact(cut[0]!);
        },
      ),
      { numRuns: 60, seed: 1 },
    );
  });

  it('reaches back as far as the drop detector points, at every rate', () => {
    for (const rateHz of [44100, 48000, 96000, 192000]) {
      const maxFrames = rateHz / 100;
      const { cutter, cut, append, at } = run(2, maxFrames, rateHz, new Array(200).fill(maxFrames));
      cutter.want(0, [0, 1], at() - 8000);
      append(maxFrames);
      expect(cut).toHaveLength(1);
      expectExact(cut[0]!);
    }
  });

  it('waits for what comes behind the frame, and cuts no more than two a second and bank', () => {
    const { cutter, cut, append, at } = run(2, 480, 48000, new Array(50).fill(480));
    cutter.want(0, [0, 1], at() - 100);
    expect(cut).toHaveLength(0);
    append(480);
    append(480);
    expect(cut).toHaveLength(1);
    cutter.want(0, [0, 1], at() - 1500);
    cutter.want(1, [0, 1], at() - 1500);
    append(480);
    expect(cut.map((snippet) => snippet.bank)).toEqual([0, 1]);
    expect(cutter.missed).toBe(1);
  });

  it('joins nothing across lost frames', () => {
    const { cutter, cut, append, at } = run(1, 480, 48000, new Array(50).fill(480));
    cutter.want(0, [0], at() - 10);
    append(480, at() + 5000);
    for (let i = 0; i < 5; i++) append(480);
    expect(cut).toHaveLength(0);
    expect(cutter.missed).toBe(1);
    cutter.want(0, [0], at() - 2000);
    append(480);
    expect(cut).toHaveLength(0);
    for (let i = 0; i < 50; i++) append(480);
    cutter.want(0, [0], at() - 2000);
    append(480);
    expect(cut).toHaveLength(1);
    expectExact(cut[0]!);
  });
});
