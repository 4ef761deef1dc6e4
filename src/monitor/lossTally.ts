/**
 * USB losses, each counted once. Two witnesses tell of the same loss: the sound, which jumps on all channels at one frame, at
 * once; and the stamps, which show some seconds later how many frames are missing, a second or two off in time. Pure.
 */
import type { CaptureEvent } from './captureMessages.ts';

type Loss = Extract<CaptureEvent, { readonly kind: 'usbLoss' }>;

/** The stamps place a loss within the second of their envelope, or its neighbour. */
const WITHIN_S = 3;
/** Heard losses that wait for the stamps; more are counted, and no longer matched. */
const MAX_WAITING = 64;

export class LossTally {
  #rateHz = 0;
  /** Frames of losses that were heard and that no stamps have confirmed yet. */
  #heard: number[] = [];
  /** Frames of losses that only the stamps have told so far. */
  #measured: number[] = [];

  /** A stream opened: frames count anew. */
  open(rateHz: number): void {
    this.#rateHz = rateHz;
    this.#heard = [];
    this.#measured = [];
  }

  /** true: a loss that nobody has told of yet. false: the other witness's word on one that is counted. */
  isNew(loss: Loss): boolean {
    const near = (frame: number) => Math.abs(frame - loss.frame) <= WITHIN_S * this.#rateHz;
    if (loss.frames === null) {
      const at = this.#measured.findIndex(near);
      if (at >= 0) {
        this.#measured.splice(at, 1);
        return false;
      }
      this.#heard.push(loss.frame);
      if (this.#heard.length > MAX_WAITING) this.#heard.shift();
      return true;
    }
    // One step of the stamps may be the sum of several losses within a second.
    const before = this.#heard.length;
    this.#heard = this.#heard.filter((frame) => !near(frame));
    if (this.#heard.length < before) return false;
    this.#measured.push(loss.frame);
    if (this.#measured.length > MAX_WAITING) this.#measured.shift();
    return true;
  }
}
