// npm run power: the journal and the recorder under power cuts, written down in docs/power.md. Takes the best part of an hour.
// Logs of runs that were made already are read instead of made anew:
//   npm run power -- --journal <log of npm run power:journal> --recorder <... power:recorder> --machine <... power:machine>
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))));
const { values } = parseArgs({
  options: { journal: { type: 'string' }, recorder: { type: 'string' }, machine: { type: 'string' } },
});

function textOf(name) {
  if (values[name] !== undefined) return readFileSync(values[name], 'utf8');
  const ran = spawnSync('npm', ['run', `power:${name}`], { encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } });
  process.stdout.write(ran.stdout);
  if (ran.status !== 0) throw new Error(`npm run power:${name} failed: ${ran.stderr}`);
  return ran.stdout;
}

function find(pattern, text) {
  const found = pattern.exec(text);
  if (found === null || / failed/.test(text)) throw new Error(`no result: ${pattern}`);
  return found;
}

const journal = find(/journal: (\d+) kills, opened (\d+), loss median (\d+) ms, worst (\d+) ms/, textOf('journal'));
const recorder = find(
  /recorder: (\d+) kills, readable (\d+), before the file (\d+), loss median ([\d.]+) s, worst ([\d.]+) s/,
  textOf('recorder'),
);
const cuts = [...textOf('machine').matchAll(/ cut \d+: (\{.*\})/g)].map(([, json]) => JSON.parse(json));
if (cuts.length === 0) throw new Error('no cut of the machine');
const sorted = (pick) => cuts.map(pick).sort((a, b) => a - b);
const journalMs = sorted(({ journalLostMs }) => journalLostMs);
const recordingS = sorted(({ recordingLostS }) => recordingLostS);
const ranS = sorted(({ ranS }) => ranS);
const middle = (list) => list[list.length >> 1];
const begun = cuts.filter(({ frames }) => frames > 0).length;

writeFileSync(
  'docs/power.md',
  `# Power cuts

Written by \`npm run power\`. Every test run does a small part of each: 10 kills of the journal, 4 of the recorder, 10 of the machine.

Machine: ${cpus()[0].model.trim()}, ${cpus().length} cores, ${process.arch}, Node ${process.version}. Other work was running on it.

The loss is what had happened before the cut and is not found after it: for the journal from the last event to the newest one on
the disk, for the recorder from the last frame given to it to the last one that the file's header counts. Every event and sample
found is compared with what was written; a hole, a wrong one or a file that does not open fails the run.

| | Cuts | Opened | Median loss | Worst loss | Promised |
|---|---:|---:|---:|---:|---:|
| journal, program killed: \`npm run power:journal\` | ${journal[1]} | ${journal[2]} | ${journal[3]} ms | ${journal[4]} ms | 1 s |
| recorder, program killed: \`npm run power:recorder\` | ${recorder[1]} | ${recorder[2]} | ${recorder[4]} s | ${recorder[5]} s | 10 s |
| journal, machine without power: \`npm run power:machine\` | ${cuts.length} | ${cuts.length} | ${middle(journalMs)} ms | ${journalMs.at(-1)} ms | 1 s |
| recorder, the same | ${cuts.length} | ${cuts.length} | ${middle(recordingS).toFixed(1)} s | ${recordingS.at(-1).toFixed(1)} s | 10 s |

## How the machine loses its power

A guest of the kernel harness (Debian's kernel, ext4 on a virtio disk of 512 MB) keeps a journal, an event every 20 ms, and records
8 channels at 48 kHz. qemu is killed after ${ranS[0].toFixed(1)} to ${ranS.at(-1).toFixed(1)} s of the guest's own time. What the guest's kernel had handed to its disk is there;
what stood in its memory, files and directories included, is gone. Then the disk goes through e2fsck -p, as at the next boot, and
the journal and the recording on it are read. In ${begun} of ${cuts.length} cuts the recording had samples that its header counted; in the others the
cut came before its first header, and all of it is lost: the whole run counts as the loss.

What this does not show: a disk that says that it has written what it has not. USB sticks that lie about a flush lose more, and no
program can help it.
`,
);
