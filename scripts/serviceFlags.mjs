// Node's flags and the environment as the service has them, for what measures the program as it is installed.
import { readFileSync } from 'node:fs';

const unit = readFileSync(new URL('../systemd/lightkeeper.service', import.meta.url), 'utf8');
/** The words between node and the program. */
export const serviceFlags = /^ExecStart=\S+\/node (.*?)\s*\S+cli-entry\.js run$/m
  .exec(unit)[1]
  .split(' ')
  .filter(Boolean);
/** What the unit sets, for the program's allocator. */
export const serviceEnvironment = Object.fromEntries(
  /^Environment=(.*)$/m
    .exec(unit)[1]
    .trim()
    .split(/\s+/)
    .map((one) => one.split('=')),
);
