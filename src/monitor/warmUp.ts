/**
 * Runs the capture loop once on a made-up second before the device is opened: code that runs for the first time is read and
 * compiled meanwhile, which on a slow core takes longer than a small buffer holds. In the kernel tests' guest (10^9 instructions a second)
 * the first search for dropped frames took 500 ms of a stream whose buffer held 160. Nothing of it is told to anybody.
 */
import { blockFrames, type CaptureRead, type CaptureStream } from '../device/ports.ts';
import { CaptureLoop, type CaptureLoopParts } from './captureLoop.ts';
import type { ToCapture } from './captureMessages.ts';
import { createBoardMemory, LevelBoardWriter } from './levelBoard.ts';

/** Low, because the detector counts in seconds: its first trial comes after one. */
const RATE_HZ = 8000;
const CHANNELS = 8;
const PERIOD_FRAMES = 480;
/** Until some frames that were left out are judged, and the first trial is made. */
const FRAMES = 1.25 * RATE_HZ;
/** What was compiled for the first of its kind does not serve the second; what was compiled for two serves all. */
const STREAMS = 2;
/** One frame is left out this often, and 32 once, so that all stages of the search have something to do. */
const SLIP_EVERY_FRAMES = 2000;
const BLOCK_AT_FRAME = 7000;
const BLOCK_FRAMES = 32;

/** What the loop is made of, without what the world could notice. */
export type WarmUpParts = Pick<CaptureLoopParts, 'createMeter' | 'createLoudnessKernel' | 'createSlipKernel'>;

/** Some milliseconds on a fast machine, a third of a second on a slow one. */
export function warmUp(parts: WarmUpParts): void {
  for (let i = 0; i < STREAMS; i++) oneStream(parts);
}

function oneStream(parts: WarmUpParts): void {
  let nowMs = 0;
  const commands: ToCapture[] = [];
  const loop = new CaptureLoop({
    ...parts,
    source: { open: () => ({ ok: true, value: madeUpStream((frames) => (nowMs += (frames / RATE_HZ) * 1000)) }) },
    board: new LevelBoardWriter(createBoardMemory()),
    post: (message) => {
      if (message.kind !== 'stream') return;
      const columns = Array.from({ length: CHANNELS }, (_, column) => column);
      commands.push({ kind: 'banks', banks: [{ id: 'warm-up', columns, digital: true }] });
      commands.push({ kind: 'loudness', groups: [[0, 1]] });
    },
    takeCommand: () => commands.shift(),
    sleepMs: () => {},
    nowMs: () => nowMs,
    clipRun: 3,
    holdMs: 1000,
    movement: 'peak',
    retry: false,
  });
  while (nowMs < (FRAMES / RATE_HZ) * 1000) loop.turn();
}

const SINE = Int32Array.from({ length: 1024 }, (_, i) => Math.round(Math.sin((i * Math.PI) / 512) * 2 ** 28));

/** Sines in a little noise, with slips: smooth enough that a frame left out is told. */
function madeUpStream(took: (frames: number) => void): CaptureStream {
  let position = 0;
  let random = 1;
  return {
    info: {
      source: 'sim',
      name: 'warm-up',
      rateHz: RATE_HZ,
      channels: CHANNELS,
      validBits: 24,
      periodFrames: PERIOD_FRAMES,
      bufferFrames: 0,
      usbId: null,
      channelNames: [],
      notes: [],
    },
    read(block): CaptureRead {
      const frames = blockFrames({ channels: CHANNELS, periodFrames: PERIOD_FRAMES });
      for (let n = 0; n < frames; n++) {
        const at = position + n;
        const t = at + Math.floor(at / SLIP_EVERY_FRAMES) + (at < BLOCK_AT_FRAME ? 0 : BLOCK_FRAMES);
        for (let c = 0; c < CHANNELS; c++) {
          random = (Math.imul(random, 1_664_525) + 1_013_904_223) | 0;
          block[n * CHANNELS + c] = (SINE[(t * (3 + 2 * c)) & 1023]! + (random >> 8)) & ~0xff;
        }
      }
      position += frames;
      took(frames);
      return { kind: 'frames', frames, timeNs: (position / RATE_HZ) * 1e9, positionFrames: position };
    },
    close() {},
  };
}
