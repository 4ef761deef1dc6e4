/**
 * One recording on its way to the disk. Samples are appended; `settle` makes all so far last: first the samples reach the
 * disk, then the header that counts them. A power cut at any time leaves a file whose header counts no more than is there.
 */
import { closeSync, fdatasyncSync, fsyncSync, ftruncateSync, openSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { setDataSize, type WaveFacts, waveHeader } from './rf64.ts';

export class RecordFile {
  readonly path: string;
  readonly facts: WaveFacts;
  readonly #fd: number;
  readonly #header: Buffer;
  #dataBytes = 0;

  /** Throws the system's error when the file can not be made. An old file is never written over. */
  constructor(path: string, facts: WaveFacts) {
    this.path = path;
    this.facts = facts;
    this.#header = waveHeader(facts);
    this.#fd = openSync(path, 'wx', 0o644);
    try {
      writeAll(this.#fd, this.#header, 0);
      fdatasyncSync(this.#fd);
      const folder = openSync(dirname(path), 'r');
      try {
        fsyncSync(folder);
      } finally {
        closeSync(folder);
      }
    } catch (error) {
      this.abandon();
      throw error;
    }
  }

  get dataBytes(): number {
    return this.#dataBytes;
  }

  /** Throws the system's error; what was written of `bytes` before it is then not counted. */
  append(bytes: Uint8Array): void {
    writeAll(this.#fd, bytes, this.#header.length + this.#dataBytes);
    this.#dataBytes += bytes.length;
  }

  settle(): void {
    fdatasyncSync(this.#fd);
    setDataSize(this.#header, this.facts, this.#dataBytes);
    writeAll(this.#fd, this.#header, 0);
    fdatasyncSync(this.#fd);
  }

  /** Closes and removes a file that holds nothing: a disk that stays full is not littered with one for each try. */
  abandon(): void {
    closeSync(this.#fd);
    rmSync(this.path, { force: true });
  }

  /** Settles and closes. Throws the system's error after the descriptor is closed. */
  close(): void {
    try {
      // What a full disk took of the last piece is not counted: it goes.
      ftruncateSync(this.#fd, this.#header.length + this.#dataBytes);
      this.settle();
    } finally {
      closeSync(this.#fd);
    }
  }
}

function writeAll(fd: number, bytes: Uint8Array, position: number): void {
  let done = 0;
  while (done < bytes.length) done += writeSync(fd, bytes, done, bytes.length - done, position + done);
}
