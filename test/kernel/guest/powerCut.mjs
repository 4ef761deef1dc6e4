// In the guest: mounts the disk and keeps a journal and a recording on it until the power goes. Prints `j <ms>` for each event
// that has happened and `r <frames>` for what the recorder was given so far.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';

const at = '/run/lk/disk';
const run = (...words) => execFileSync(words[0], words.slice(1), { stdio: ['ignore', 'inherit', 'inherit'] });
mkdirSync(at, { recursive: true });
run('modprobe', '-a', 'virtio_blk', 'ext4');
run('mount', '-t', 'ext4', '/dev/vda', at);
mkdirSync(`${at}/takes`, { recursive: true });
for (const name of readdirSync(`${at}/takes`)) rmSync(`${at}/takes/${name}`);

/** A thread, not a program of its own: node starts slowly in a guest without hardware help. */
function keep(mark, script, ...argv) {
  const worker = new Worker(new URL(`../../${script}`, import.meta.url), { argv, stdout: true });
  createInterface({ input: worker.stdout }).on('line', (line) => process.stdout.write(`${mark} ${line}\n`));
  worker.once('exit', (code) => process.stdout.write(`ended ${mark} ${code}\n`));
}
keep('j', 'journal/support/keepForEver.mjs', `${at}/journal.sqlite`, process.argv[2]);
keep('r', 'recorder/support/recordForEver.mjs', `${at}/takes`);
