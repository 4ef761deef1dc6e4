/**
 * Frames of a file ahead of whoever uses them up, in pieces of a buffer: while one is used, the others are filled beside the
 * program, in threads of the runtime. On two cores reading is a quarter of what an analysis does before it judges (our measurement).
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
  /** What is asked for at once, where there is room for it: pieces hold whole ones, or the last of each would come in two parts. */
  readonly blockFrames: number;
}

interface Piece {
  /** Byte of the buffer. */
  readonly at: number;
  /** Frames of the file that stand in it, `to` not included; while it is filled, those it is filled with. */
  from: number;
  to: number;
  /** Kept when it is filled; null: nobody writes to it. */
  filling: Promise<void> | null;
}

/** While all cores are busy a read comes late: with three pieces ahead of it nobody waits. */
const PIECES = 4;

export class ReadAhead {
  readonly #parts: ReadAheadParts;
  /** Frames of a piece. */
  readonly #room: number;
  readonly #pieces: readonly Piece[];
  #found: Piece;
  #frame = 0;

  constructor(parts: ReadAheadParts) {
    this.#parts = parts;
    const { bytes, frameBytes, blockFrames } = parts;
    const frames = Math.floor(bytes.length / frameBytes);
    // With room for a frame and no more nothing is read ahead.
    const count = Math.max(1, Math.min(PIECES, frames));
    const share = Math.floor(frames / count);
    this.#room = share > blockFrames ? share - (share % blockFrames) : share;
    this.#pieces = Array.from({ length: count }, (_, i) => ({
      at: i * this.#room * frameBytes,
      from: 0,
      to: 0,
      filling: null,
    }));
    this.#found = this.#pieces[0]!;
  }

  /**
   * Has what follows `frame` filled in. null: the frame stands in the buffer, or there is none such; else kept once it stands there, or could not be
   * read, which `find` then tells. Without this call `find` reads by itself.
   */
  await(frame: number): Promise<void> | null {
    if (frame >= this.#parts.frames || this.#pieces.length === 1) return null;
    const piece = this.#at(frame);
    if (piece === null) return this.#fill(frame);
    if (piece.filling !== null) return piece.filling;
    this.#fillBehind(piece);
    return null;
  }

  /** Frames from `frame` on that stand in the buffer in one piece, at `byteAt`; read now if need be. 0: they can't be read. */
  find(frame: number): number {
    let piece = this.#at(frame);
    if (piece === null || piece.filling !== null) {
      // There always is one that nobody fills: see `#fill`.
      piece = this.#pieces.find(({ filling }) => filling === null)!;
      piece.from = frame;
      piece.to = frame + this.#readNow(piece.at, frame, Math.min(this.#room, this.#parts.frames - frame));
    }
    this.#found = piece;
    this.#frame = frame;
    return piece.to - frame;
  }

  /** Of the frame last found. */
  get byteAt(): number {
    return this.#found.at + (this.#frame - this.#found.from) * this.#parts.frameBytes;
  }

  /** Kept once nobody reads from the file any more; null: nobody does. */
  settled(): Promise<unknown> | null {
    const fillings = this.#pieces.map(({ filling }) => filling).filter((filling) => filling !== null);
    return fillings.length === 0 ? null : Promise.all(fillings);
  }

  #at(frame: number): Piece | null {
    for (const piece of this.#pieces) if (frame >= piece.from && frame < piece.to) return piece;
    return null;
  }

  /** Has all other pieces filled with what follows `piece`. */
  #fillBehind({ from, to }: Piece): void {
    let next = to;
    for (let ahead = 1; ahead < this.#pieces.length && next < this.#parts.frames; ahead++) {
      const there = this.#at(next);
      if (there !== null) {
        next = there.to;
        continue;
      }
      const free = this.#pieces.find((other) => other.filling === null && !(other.from >= from && other.from < next));
      if (free === undefined) return;
      next = this.#begin(free, next);
    }
  }

  /** Fills a piece from `frame` on; one always stays for `find`. */
  #fill(frame: number): Promise<void> {
    const free = this.#pieces.filter(({ filling }) => filling === null);
    if (free.length > 1) {
      this.#begin(free[0]!, frame);
      return free[0]!.filling!;
    }
    return Promise.race(this.#pieces.map(({ filling }) => filling).filter((filling) => filling !== null)).then(
      () => this.await(frame) ?? undefined,
    );
  }

  /** Returns the frame behind those that it begins to fill `piece` with. */
  #begin(piece: Piece, frame: number): number {
    const frames = Math.min(this.#room, this.#parts.frames - frame);
    piece.from = frame;
    piece.to = frame + frames;
    piece.filling = this.#readBeside(piece.at, frame, frames).then((got) => {
      piece.to = frame + got;
      piece.filling = null;
    });
    return frame + frames;
  }

  /** Whole frames that were read. */
  async #readBeside(at: number, frame: number, frames: number): Promise<number> {
    const { fd, dataAt, frameBytes, bytes } = this.#parts;
    const wanted = frames * frameBytes;
    let got = 0;
    while (got < wanted) {
      const n = await new Promise<number>((resolve) => {
        read(fd, bytes, at + got, wanted - got, dataAt + frame * frameBytes + got, (error, count) =>
          resolve(error === null ? count : 0),
        );
      });
      if (n === 0) break;
      got += n;
    }
    return Math.floor(got / frameBytes);
  }

  #readNow(at: number, frame: number, frames: number): number {
    const { fd, dataAt, frameBytes, bytes } = this.#parts;
    const got = readWhole(fd, bytes, at, frames * frameBytes, dataAt + frame * frameBytes);
    return Math.max(0, Math.floor(got / frameBytes));
  }
}

/** Reads `bytes` bytes of a file, from `position` on, to place `at`. Returns how many there were, or -1 where it can't be read. */
export function readWhole(fd: number, to: Uint8Array, at: number, bytes: number, position: number): number {
  let got = 0;
  while (got < bytes) {
    let n: number;
    try {
      n = readSync(fd, to, at + got, bytes - got, position + got);
    } catch {
      return -1;
    }
    if (n === 0) break;
    got += n;
  }
  return got;
}
