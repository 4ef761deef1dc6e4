/**
 * The whole program on 34 channels from the test card, recording a take while phones watch; then the file is held, sample by
 * sample, against what the card played.
 */
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Snapshot } from '../../../src/monitor/snapshot.ts';
import { readPinFile } from '../../../src/web/pinFile.ts';
import { hashSample, type TestRig } from '../../alsa/testCard.ts';
import { startDaemon } from '../../daemon/daemonProcess.ts';

const RATE_HZ = 48_000;
const CHANNELS = 34;
const SEED = 11;
const FRAME_BYTES = CHANNELS * 3;
/** Linux counts processor time in ticks of 10 ms (USER_HZ). */
const TICKS_PER_S = 100;

export interface RecordingLoad {
  readonly seconds: number;
  readonly phones: number;
  readonly fileFrames: number;
  readonly fileBytes: number;
  /** Frames of the file that are not what the card played there. */
  readonly wrongFrames: number;
  /** Seconds before the take that the file begins with. */
  readonly preRollS: number;
  /** From the start of the take on. */
  readonly xruns: number;
  readonly lostFrames: number;
  readonly recorderLost: number;
  /** Level events that each phone had a second, the least of all. */
  readonly eventsPerS: number;
  readonly cpuPercent: number;
  readonly rssMb: number;
  readonly minutesLeft: number | null;
  /** Longest time between two counts in the file's header while it was recorded, s. */
  readonly headerAgeS: number;
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
}

function phone(url: string): { readonly socket: Socket; readonly events: () => number } {
  const { port } = new URL(url);
  const socket = connect(Number(port), '127.0.0.1');
  let events = 0;
  socket.setEncoding('utf8');
  socket.on('error', () => {});
  socket.on('data', (chunk: string) => {
    for (let at = chunk.indexOf('event: levels'); at >= 0; at = chunk.indexOf('event: levels', at + 1)) events++;
  });
  socket.write(`GET /api/live HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
  return { socket, events: () => events };
}

/** Frames that the header of a file under way counts: RF64's ds64, or the data chunk. -1: none yet. */
function framesInHeader(path: string): number {
  const head = Buffer.alloc(65_536);
  const fd = openSync(path, 'r');
  readSync(fd, head, 0, head.length, 0);
  closeSync(fd);
  const data = head.indexOf('data', 12, 'latin1');
  if (data < 0) return -1;
  const size = head.readUInt32LE(data + 4);
  const bytes = size === 0xffffffff ? Number(head.readBigUInt64LE(28)) : size;
  return Math.floor(bytes / FRAME_BYTES);
}

/** Holds a file against the card's signal. */
function compare(path: string): { frames: number; bytes: number; wrong: number; firstFrame: number } {
  const fd = openSync(path, 'r');
  try {
    const head = Buffer.alloc(65_536);
    readSync(fd, head, 0, head.length, 0);
    const data = head.indexOf('data', 12, 'latin1') + 8;
    const frames = framesInHeader(path);
    const word = (buffer: Buffer, at: number) => buffer.readIntLE(at, 3) * 256;
    const is = (frame: number, buffer: Buffer, at: number) => {
      for (let c = 0; c < CHANNELS; c++) {
        if (word(buffer, at + 3 * c) !== hashSample(frame, c, SEED, 24)) return false;
      }
      return true;
    };
    let firstFrame = 0;
    while (!is(firstFrame, head, data)) {
      if (++firstFrame > RATE_HZ * 3600) throw new Error('nothing in the file is of the card');
    }
    const block = Buffer.alloc(FRAME_BYTES * 4800);
    let wrong = 0;
    for (let frame = 0; frame < frames; ) {
      const bytes = readSync(
        fd,
        block,
        0,
        Math.min(block.length, (frames - frame) * FRAME_BYTES),
        data + frame * FRAME_BYTES,
      );
      if (bytes < FRAME_BYTES)
        return { frames: frame, bytes: data + frame * FRAME_BYTES, wrong: wrong + frames - frame, firstFrame };
      for (let at = 0; at + FRAME_BYTES <= bytes; at += FRAME_BYTES, frame++) {
        if (!is(firstFrame + frame, block, at)) wrong++;
      }
    }
    return { frames, bytes: data + frames * FRAME_BYTES, wrong, firstFrame };
  } finally {
    closeSync(fd);
  }
}

/** `folder`: where the recording goes; it is removed afterwards. */
export async function recordUnderLoad(
  rig: TestRig,
  seconds: number,
  phones: number,
  folder = tmpdir(),
): Promise<RecordingLoad> {
  const disk = mkdtempSync(join(folder, 'lightkeeper-recording-'));
  const stateDir = join(disk, 'state');
  mkdirSync(stateDir);
  const recordings = join(disk, 'takes');
  mkdirSync(recordings);
  writeFileSync(
    join(stateDir, 'config.json'),
    JSON.stringify({ version: 1, recorder: { enabled: true, folder: recordings, allowInternal: true, preRollS: 5 } }),
  );
  const card = rig.add({
    id: `Rec${Date.now() % 100_000}`,
    channels: [CHANNELS],
    ratesHz: [RATE_HZ],
    formats: ['S32_LE'],
    bits: 24,
    signal: { kind: 'hash', seed: SEED },
  });
  const words = ['--pcm', `hw:${card.number},0`, '--channels', String(CHANNELS), '--rate', String(RATE_HZ)];
  const daemon = await startDaemon(words, rig.env, stateDir);
  const clients: ReturnType<typeof phone>[] = [];
  try {
    const status = async () => (await (await fetch(`${daemon.url}/api/status`)).json()) as Snapshot;
    const pin = readPinFile(stateDir);
    if (!pin.ok) throw new Error(pin.fault.what);
    const json = { 'content-type': 'application/json' };
    const paired = await fetch(`${daemon.url}/api/pair`, {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ pin: pin.value }),
    });
    const cookie = paired.headers.get('set-cookie')?.split(';')[0] ?? '';
    const mark = async (name: string | null) => {
      const url = `${daemon.url}/api/actions/mark-take`;
      const answer = await fetch(url, { method: 'POST', headers: { ...json, cookie }, body: JSON.stringify({ name }) });
      if (!answer.ok) throw new Error(await answer.text());
    };
    for (let i = 0; i < phones; i++) clients.push(phone(daemon.url));
    // Until the pre-roll is full.
    for (let i = 0; i < 60 && ((await status()).recorder?.preRollS ?? 0) < 5; i++) await sleep(500);
    const before = (await status()).capture;
    await mark('Load');
    const pid = daemon.process.pid as number;
    const cpu = cpuSeconds(pid);
    const fromMs = performance.now();
    const eventsBefore = clients.map(({ events }) => events());
    const fileNow = () => readdirSync(recordings).map((name) => join(recordings, name))[0];
    let headerFrames = -1;
    let headerMs = performance.now();
    let headerAgeS = 0;
    while (performance.now() - fromMs < seconds * 1000) {
      await sleep(250);
      const path = fileNow();
      const frames = path === undefined ? -1 : framesInHeader(path);
      const nowMs = performance.now();
      if (frames !== headerFrames) {
        headerFrames = frames;
        headerMs = nowMs;
      }
      headerAgeS = Math.max(headerAgeS, (nowMs - headerMs) / 1000);
    }
    const tookS = (performance.now() - fromMs) / 1000;
    const cpuPercent = ((cpuSeconds(pid) - cpu) / tookS) * 100;
    const rssMb = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
    const eventsPerS = Math.min(...clients.map(({ events }, i) => (events() - eventsBefore[i]!) / tookS));
    const during = await status();
    await mark(null);
    for (let i = 0; i < 120 && (await status()).recorder?.state === 'recording'; i++) await sleep(250);
    const { capture, recorder } = await status();
    for (const { socket } of clients) socket.destroy();
    await daemon.stop();
    const path = fileNow();
    if (path === undefined) throw new Error(`nothing was recorded: ${JSON.stringify(recorder)}`);
    const { frames, bytes, wrong } = compare(path);
    return {
      seconds,
      phones,
      fileFrames: frames,
      fileBytes: bytes,
      wrongFrames: wrong,
      preRollS: frames / RATE_HZ - tookS,
      xruns: capture.xruns - before.xruns,
      lostFrames: capture.lostFrames - before.lostFrames,
      recorderLost: during.recorder?.lostFrames ?? -1,
      eventsPerS,
      cpuPercent,
      rssMb,
      minutesLeft: during.recorder?.minutesLeft ?? null,
      headerAgeS,
    };
  } finally {
    for (const { socket } of clients) socket.destroy();
    if (daemon.process.exitCode === null) await daemon.stop();
    rmSync(disk, { recursive: true, force: true });
  }
}
