// Saves configurations into a folder of its own whose file system fills up and is then made read-only. Runs as
// `unshare -rm sh -c 'mount -t tmpfs -o size=256k tmpfs DIR && exec node fullDisk.mjs DIR'`, on the built program.
// Answers one line of JSON: what each save said, and what stood on the disk after it.
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { defaultConfig } from '../../../dist/config/defaults.js';
import { ConfigStore } from '../../../dist/config/store.js';

const folder = process.argv[2];
const held = (holdMs) => ({ ...defaultConfig(), meter: { ...defaultConfig().meter, holdMs } });
const store = await ConfigStore.open(folder);
const steps = [];
async function save(what, holdMs) {
  const saved = await store.save(held(holdMs));
  const onDisk = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')).meter.holdMs;
  const inUse = store.config().meter.holdMs;
  steps.push({ what, code: saved.ok ? null : saved.fault.code, fix: saved.ok ? null : saved.fault.fix, onDisk, inUse });
}

await save('healthy', 1001);
const ballast = join(folder, 'ballast');
const file = openSync(ballast, 'w');
try {
  for (;;) writeSync(file, Buffer.alloc(4096));
} catch (error) {
  if (error.code !== 'ENOSPC') throw error;
}
closeSync(file);
await save('full', 1002);
const again = await ConfigStore.open(folder);
steps.push({ what: 'restart on the full disk', origin: again.origin().kind, inUse: again.config().meter.holdMs });
rmSync(ballast);
await save('freed', 1003);
execFileSync('mount', ['-o', 'remount,ro', folder]);
await save('read-only', 1004);
execFileSync('mount', ['-o', 'remount,rw', folder]);
await save('writable again', 1005);
console.log(JSON.stringify(steps));
