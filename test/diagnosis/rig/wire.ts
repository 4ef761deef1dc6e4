/**
 * A scenario as a capture source: every bank on the clock of its own box, its receiver dropping, repeating or muting frames
 * where the clocks part; losses on the way over USB; overruns, stalls, unplugging. Virtual time.
 */
import type { CaptureRead, CaptureSource, CaptureStream, StreamInfo } from '../../../src/device/ports.ts';
import { good } from '../../../src/fault.ts';
import type { Happening } from '../scenarios/types.ts';

export interface WireBank {
  readonly id: string;
  /** 0-based columns. */
  readonly columns: readonly number[];
  readonly ppm: number;
  readonly burst: number;
}

export interface WireParts {
  readonly info: StreamInfo;
  /** One a column. */
  readonly samples: readonly Int32Array[];
  readonly banks: readonly WireBank[];
  readonly happenings: readonly Happening[];
}

/** Which frame of the sender the receiver takes next; -1: none, it mutes. */
class Receiver {
  #at = -1;
  #phase = 0;
  #mute = 0;
  #repeat = 0;
  readonly #ppm: number;
  readonly #burst: number;
  constructor(ppm: number, burst: number) {
    this.#ppm = ppm;
    this.#burst = burst;
  }
  next(): number {
    this.#phase += this.#ppm * 1e-6;
    if (this.#phase >= this.#burst) {
      this.#phase -= this.#burst;
      this.#at += this.#burst;
    } else if (this.#phase <= -this.#burst) {
      this.#phase += this.#burst;
      if (this.#burst > 1) this.#mute = this.#burst;
      else this.#repeat++;
    }
    if (this.#mute > 0) {
      this.#mute--;
      return -1;
    }
    if (this.#repeat > 0) this.#repeat--;
    else this.#at++;
    return this.#at;
  }
  move(frames: number): void {
    if (frames > 0) this.#repeat += frames;
    else this.#at -= frames;
  }
}

class WireStream implements CaptureStream {
  readonly info: StreamInfo;
  readonly #parts: WireParts;
  readonly #receivers: readonly Receiver[];
  #position = 0;
  #skipped = 0;
  #next = 0;
  #stalled = false;
  #gone = false;
  readonly #length: number;
  readonly #onGone: () => void;

  constructor(parts: WireParts, onGone: () => void) {
    this.#parts = parts;
    this.info = parts.info;
    this.#receivers = parts.banks.map((bank) => new Receiver(bank.ppm, bank.burst));
    this.#length = Math.min(...parts.samples.map((samples) => samples.length));
    this.#onGone = onGone;
  }

  read(block: Int32Array, maxFrames: number): CaptureRead {
    const frames = Math.min(maxFrames, this.info.periodFrames);
    const { rateHz, channels } = this.info;
    let overrun = 0;
    while (this.#next < this.#parts.happenings.length) {
      const event = this.#parts.happenings[this.#next]!;
      if (event.atS * rateHz > this.#position + this.#skipped) break;
      this.#next++;
      if (event.kind === 'stall') this.#stalled = true;
      else if (event.kind === 'unplug') this.#gone = true;
      else if (event.kind === 'slip') this.#move(event.port, event.frames);
      else if (event.kind !== 'control') {
        this.#skipped += event.frames;
        for (const receiver of this.#receivers) receiver.move(-event.frames);
        if (event.kind === 'overrun') overrun += event.frames;
      }
    }
    if (this.#gone) {
      this.#onGone();
      const what = `${this.info.name} went away.`;
      return {
        kind: 'gone',
        fault: { code: 'device-gone', what, fix: 'Check the USB cable and the power of the interface.' },
      };
    }
    if (this.#stalled) return { kind: 'idle' };
    if (overrun > 0) return { kind: 'xrun', lostFrames: overrun };
    for (let n = 0; n < frames; n++) {
      const base = n * channels;
      for (let b = 0; b < this.#receivers.length; b++) {
        const at = this.#receivers[b]!.next();
        const { columns } = this.#parts.banks[b]!;
        for (let i = 0; i < columns.length; i++) {
          const column = columns[i]!;
          block[base + column] = at < 0 ? 0 : this.#parts.samples[column]![Math.min(at, this.#length - 1)]!;
        }
      }
    }
    this.#position += frames;
    const timeNs = ((this.#position + this.#skipped) / rateHz) * 1e9;
    return { kind: 'frames', frames, timeNs, positionFrames: this.#position };
  }

  #move(port: string, frames: number): void {
    this.#receivers[this.#parts.banks.findIndex((bank) => bank.id === port)]?.move(frames);
  }

  close(): void {}
}

export function wireSource(parts: WireParts): CaptureSource {
  let gone = false;
  return {
    open() {
      if (!gone) {
        return good(
          new WireStream(parts, () => {
            gone = true;
          }),
        );
      }
      const what = `${parts.info.name} is not there.`;
      return { ok: false, fault: { code: 'device-absent', what, fix: 'Plug it in; it is taken up again by itself.' } };
    },
  };
}
