/**
 * Frames of a file ahead of whoever uses them up, in two halves of a buffer: while one is used, the other is filled beside the
 * program, in a thread of the runtime. On two cores reading is a quarter of what an analysis does before it judges (our measurement).
 */
import { read, readSync } from 'node:fs';

export interface ReadAheadParts {
  readonly fd: number;
  /** Bytes before the first frame. */
  readonly dataAt: number;
  readonly frameBytes: number;
  /** Of the file. */
  readonly frames: number;
  /** At least one frame of room. Written to beside the program: nobody else may use them. */
  readonly bytes: Uint8Array;
  /** What is asked for at once, where there is room for it: halves are filled with whole ones, or the last of each would come in two parts. */
  readonly blockFrames: number;
}

interface Half {
  readonly at: number;
  /** Frames of the file that stand in it, `to` not included. */
  from: number;
  to: number;
}

export class ReadAhead {
  readonly #parts: ReadAheadParts;
  /** Frames of a half. */
  readonly #room: number;
  readonly #halves: readonly Half[];
  /** The half that is being filled, and when that ends. */
  #filling: Half | null = null;
  #filled: Promise<void> = Promise.resolve();
  #found: Half;
  #frame = 0;

  constructor(parts: ReadAheadParts) {
    this.#parts = parts;
    const { bytes, frameBytes, blockFrames } = parts;
    const frames = Math.floor(bytes.length / frameBytes);
    const half = Math.floor(frames / 2);
    // Room for a frame and no more: one half, and nothing is read ahead.
    this.#room = half === 0 ? frames : half > blockFrames ? half - (half % blockFrames) : half;
    const ats = half === 0 ? [0] : [0, this.#room * frameBytes];
    this.#halves = ats.map((at) => ({ at, from: 0, to: 0 }));
    this.#found = this.#halves[0]!;
  }

  /**
   * Has what follows `frame` filled in. null: the frame stands in the buffer, or there is none such; else kept once it stands there, or could not be
   * read, which `find` then tells. Without this call `find` reads by itself.
   */
  await(frame: number): Promise<void> | null {
    if (frame >= this.#parts.frames || this.#halves.length === 1) return null;
    const half = this.#half(frame);
    if (half !== null) {
      if (this.#filling === null) this.#fillBehind(half);
      return null;
    }
    // Another stretch may be on its way: it comes first.
    if (this.#filling !== null) return this.#filled.then(() => this.await(frame) ?? undefined);
    this.#fill(this.#halves[0]!, frame);
    return this.#filled;
  }

  /** Frames from `frame` on that stand in the buffer in one piece, at `byteAt`; read now if need be. 0: they can't be read. */
  find(frame: number): number {
    let half = this.#half(frame);
    if (half === null) {
      half = this.#halves.find((other) => other !== this.#filling)!;
      const frames = Math.min(this.#room, this.#parts.frames - frame);
      half.from = half.to = frame;
      half.to += this.#readNow(half, frame, frames);
    }
    this.#found = half;
    this.#frame = frame;
    return half.to - frame;
  }

  /** Of the frame last found. */
  get byteAt(): number {
    return this.#found.at + (this.#frame - this.#found.from) * this.#parts.frameBytes;
  }

  /** The file is read from just now. */
  get fills(): boolean {
    return this.#filling !== null;
  }

  /** Kept once that is done. */
  settled(): Promise<void> {
    return this.#filled;
  }

  #half(frame: number): Half | null {
    for (const half of this.#halves) if (half !== this.#filling && frame >= half.from && frame < half.to) return half;
    return null;
  }

  #fillBehind(half: Half): void {
    if (half.to >= this.#parts.frames || this.#half(half.to) !== null) return;
    this.#fill(this.#halves.find((other) => other !== half)!, half.to);
  }

  #fill(half: Half, frame: number): void {
    const frames = Math.min(this.#room, this.#parts.frames - frame);
    half.from = half.to = frame;
    this.#filling = half;
    this.#filled = this.#readBeside(half, frame, frames).then((got) => {
      half.to = frame + got;
      this.#filling = null;
    });
  }

  /** Whole frames that were read. */
  async #readBeside(half: Half, frame: number, frames: number): Promise<number> {
    const { fd, dataAt, frameBytes, bytes } = this.#parts;
    const wanted = frames * frameBytes;
    let got = 0;
    while (got < wanted) {
      const n = await new Promise<number>((resolve) => {
        read(fd, bytes, half.at + got, wanted - got, dataAt + frame * frameBytes + got, (error, count) =>
          resolve(error === null ? count : 0),
        );
      });
      if (n === 0) break;
      got += n;
    }
    return Math.floor(got / frameBytes);
  }

  #readNow(half: Half, frame: number, frames: number): number {
    const { fd, dataAt, frameBytes, bytes } = this.#parts;
    const wanted = frames * frameBytes;
    let got = 0;
    while (got < wanted) {
      let n: number;
      try {
        n = readSync(fd, bytes, half.at + got, wanted - got, dataAt + frame * frameBytes + got);
      } catch {
        break;
      }
      if (n === 0) break;
      got += n;
    }
    return Math.floor(got / frameBytes);
  }
}
