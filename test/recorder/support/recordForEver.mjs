// Records a ramp of 8 channels in real time, until it is killed. Runs on the built program. Prints the frames produced so far.
import { Recorder } from '../../../dist/recorder/recorder.js';
import { createRing, RingReader, RingWriter } from '../../../dist/recorder/ring.js';

const [folder] = process.argv.slice(2);
const CHANNELS = 8;
const PERIOD = 480;
const ring = createRing(8 * 1024 * 1024);
const writer = new RingWriter(ring);
const recorder = new Recorder({
  reader: new RingReader(ring),
  options: { folder, allowInternal: true, preRollS: 5 },
  findDisk: () => ({ ok: true, value: { folder } }),
  freeBytes: () => 1e12,
  memoryBytes: () => 1e9,
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  say: () => {},
});
writer.open({ channels: CHANNELS, rateHz: 48_000, validBits: 24 });
recorder.start('Take 1', []);
const block = new Int32Array(PERIOD * CHANNELS);
let frames = 0;
const startedMs = performance.now();
setInterval(() => {
  while (frames < ((performance.now() - startedMs) / 1000) * 48_000) {
    for (let i = 0; i < block.length; i++) block[i] = ((frames * CHANNELS + i) % 8_000_000) << 8;
    writer.write(block, PERIOD, frames);
    frames += PERIOD;
  }
  for (let round = 0; round < 100 && recorder.turn(); round++);
  process.stdout.write(`${frames}\n`);
}, 50);
