/**
 * npm run load:recorder: 34 channels at 48 kHz from the test card recorded for ten minutes while 16 phones watch; the file held
 * against what the card played. Writes docs/load-recorder.md.
 */
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { afterAll, expect, it } from 'vitest';
import { TestRig } from '../alsa/testCard.ts';
import { recordUnderLoad } from '../recorder/support/recordingLoad.ts';

const SECONDS = Number(process.env.LOAD_SECONDS ?? 600);
const PHONES = 16;
const rig = new TestRig();
afterAll(() => rig.stop());

it('measures the recorder', async () => {
  const load = await recordUnderLoad(rig, SECONDS, PHONES, process.env.RECORD_FOLDER);
  const row = (name: string, measured: string | number, goal: string | number = '') =>
    `| ${name} | ${measured} | ${goal} |`;
  writeFileSync(
    new URL('../../docs/load-recorder.md', import.meta.url),
    `# The recorder under load

The whole program on 34 channels of 24 bits at 48 kHz from the test card through libasound, recording a take of ${SECONDS} s to a
disk while ${PHONES} live clients watch; then the file is compared with what the card played, sample by sample.

    npm run load:recorder

Machine: ${cpus()[0]?.model.trim()}, ${cpus().length} cores, ${process.arch}, Node ${process.version}, load average ${loadavg()[0]!.toFixed(1)} (other work was running on it).

| | measured | goal |
|---|---:|---:|
${[
  row('frames in the file', load.fileFrames),
  row('bytes', load.fileBytes),
  row('frames that differ from what was played, in any channel', load.wrongFrames, 0),
  row('overruns, frames lost by capture', `${load.xruns}, ${load.lostFrames}`, '0, 0'),
  row('frames that did not reach the file', load.recorderLost, 0),
  row('seconds in the file from before the take (pre-roll set to 5 s)', load.preRollS.toFixed(1)),
  row("longest time between two counts in the file's header", `${load.headerAgeS.toFixed(1)} s`, '<= 10 s'),
  row('levels events a second, the phone with the least', load.eventsPerS.toFixed(1), '25 to 30'),
  row('processor, % of one core', load.cpuPercent.toFixed(1)),
  row('memory (RSS), MB', load.rssMb.toFixed(0)),
].join('\n')}
`,
  );
  expect(load.fileFrames).toBeGreaterThan(SECONDS * 48_000);
  expect(load.headerAgeS).toBeLessThan(10);
  expect(load).toMatchObject({ wrongFrames: 0, xruns: 0, lostFrames: 0, recorderLost: 0 });
});
