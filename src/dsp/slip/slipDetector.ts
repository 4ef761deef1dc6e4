/** The whole slip detector of a stream: exact evidence (repeats, zeros) and dropped frames, per bank. */
import { DROP_CAPACITY, DropDetector } from './dropDetector.ts';
import type { SlipEvidence } from './evidence.ts';
import { ExactSlips, type FrameMasks } from './exactSlips.ts';
import { lanesOf, type SlipKernel, stage } from './slipKernel.ts';

export interface SlipDetectorOptions {
  /** Channels of the stream, 1..64. */
  readonly channels: number;
  /** Frames of a block at most, up to MAX_BLOCK_FRAMES. */
  readonly maxFrames: number;
  readonly rateHz: number;
  /** Channels of each bank, 0-based. */
  readonly banks: readonly (readonly number[])[];
  /** `(lanes, capacity) => createWasmSlipKernel(kernels, { channels, maxFrames, lanes, capacity })`, or the twin. */
  readonly kernel: (lanes: readonly number[], capacity: number) => SlipKernel;
  /** Called from `process`. Some 0.7 trials a second and bank; events are rare. */
  readonly onEvidence: (evidence: SlipEvidence) => void;
}

export class SlipDetector {
  readonly #exact: ExactSlips;
  readonly #drops: DropDetector;
  readonly #kernel: SlipKernel;
  readonly #channels: number;

  constructor(options: SlipDetectorOptions) {
    const { channels, banks, onEvidence } = options;
    this.#channels = channels;
    const kernel = options.kernel(lanesOf(banks), DROP_CAPACITY);
    this.#kernel = kernel;
    this.#exact = new ExactSlips({ channels, banks, kernel, onSlip: (event) => onEvidence({ kind: 'exact', event }) });
    this.#drops = new DropDetector({
      rateHz: options.rateHz,
      banks,
      kernel,
      onDrop: (event) => onEvidence({ kind: 'drop', event }),
      onTrial: (event) => onEvidence({ kind: 'trial', event }),
    });
  }

  /**
   * Looks at a block of interleaved Int32 frames; `masks` is the MeterKernel that has just processed it. `hurried`: capture is behind,
   * and dropped frames, the dear part, are not looked for; that counts as time in which nothing would have been seen.
   */
  process(block: Int32Array, frames: number, firstFrame: number, masks: FrameMasks, hurried = false): void {
    stage(this.#kernel, block, this.#channels, frames, firstFrame);
    this.#exact.process(frames, firstFrame, masks);
    this.#drops.process(frames, firstFrame, hurried);
  }

  /** After lost frames (xrun): forgets what came before, so that the gap itself is no event. */
  reset(): void {
    this.#exact.reset();
    this.#drops.reset();
  }
}
