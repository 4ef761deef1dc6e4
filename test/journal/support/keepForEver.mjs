// Keeps a journal, with an event every 20 ms and levels 30 times a second, until it is killed. Runs on the built program.
// Each line it prints is the uptime, ms, of an event that has happened.
import { JournalFeed } from '../../../dist/journal/feed.js';
import { Journal } from '../../../dist/journal/journal.js';

const [file, run] = process.argv.slice(2);
const uptimeMs = () => performance.now();
const feed = new JournalFeed({ uptimeMs, wallMs: () => Date.now() });
const journal = new Journal({
  feed,
  uptimeMs,
  file,
  start: { startedWallMs: Date.now() - uptimeMs(), version: `run ${run}`, simulated: true },
  limits: { maxBytes: 64e6, maxAgeMs: 1e10 },
  onOpen: () => {
    journal.start();
    feed.onStream({ name: 'test', rateHz: 48000, channels: 34 });
    const column = () => new Int32Array(34).fill(-2000);
    setInterval(() => {
      feed.onLevels({
        seq: 1,
        frame: Math.floor(uptimeMs() * 48),
        channels: 34,
        peakDbX100: column(),
        truePeakDbX100: column(),
        rmsDbX100: column(),
        meterDbX100: column(),
        holdDbX100: column(),
        clips: new Int32Array(34),
      });
    }, 33);
    setInterval(() => {
      const ms = uptimeMs();
      feed.onMark(`at ${ms}`, 'test');
      process.stdout.write(`${ms}\n`);
    }, 20);
  },
});
