/** `lightkeeper doctor`: looks at the machine, says what is wrong and what to do; changes the boot configuration when asked. */

import { constants } from 'node:fs';
import { copyFile, readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { checkConfig } from '../config/check.ts';
import { defaultConfig } from '../config/defaults.ts';
import { writeDurably } from '../config/durableFile.ts';
import { migrate } from '../config/migrations.ts';
import type { Config } from '../config/schema.ts';
import { bad, good, type Outcome } from '../fault.ts';
import { BOOT_CONFIGS, withI2c } from './bootConfig.ts';
import { type DoctorLine, examine, isPi } from './checks.ts';
import { Machine, type Probes, realProbes } from './machine.ts';

export interface DoctorCommand {
  /** Change the boot configuration where that is the cure. */
  readonly fix: boolean;
  readonly json: boolean;
  /** A folder that stands for `/`; null: this machine. */
  readonly root: string | null;
}

export interface DoctorReport {
  readonly text: string;
  /** A line is `fail`. */
  readonly failed: boolean;
}

/** Nothing but files can be asked of a copy. */
const NO_PROBES: Probes = { panelAddresses: () => null, chipLabel: () => null, powerSave: () => null };

/** @param stateDir folder of the configuration. */
export async function runDoctor(
  command: DoctorCommand,
  stateDir: string,
  probes: Probes = command.root === null ? realProbes() : NO_PROBES,
): Promise<Outcome<DoctorReport>> {
  const machine = new Machine(command.root ?? '/', probes);
  const config = await configOf(machine, command.root, stateDir);
  const changed = command.fix ? await fixBoot(machine, config) : good([]);
  if (!changed.ok) return changed;
  const lines = examine({ machine, config, user: userOf(machine, command.root) });
  const failed = lines.some((line) => line.state === 'fail');
  const text = command.json
    ? `${JSON.stringify({ product: 'lightkeeper', changed: changed.value, lines }, null, 2)}\n`
    : [...changed.value, ...lines.map(inWords), summary(lines)].join('\n').concat('\n');
  return good({ text, failed });
}

/** Read only: the doctor of a box with a bad configuration must not touch it. */
async function configOf(machine: Machine, root: string | null, stateDir: string): Promise<Config> {
  const file = root === null ? `${stateDir}/config.json` : machine.at('/var/lib/lightkeeper/config.json');
  try {
    const migrated = migrate(JSON.parse(await readFile(file, 'utf8')));
    const checked = migrated.kind === 'current' ? checkConfig(migrated.config) : null;
    return checked?.ok ? checked.config : defaultConfig();
  } catch {
    return defaultConfig();
  }
}

/** The service's user where the package is installed, else whoever asks. */
function userOf(machine: Machine, root: string | null): string {
  const installed = /^lightkeeper:/m.test(machine.text('/etc/passwd') ?? '');
  if (installed) return 'lightkeeper';
  return root === null ? userInfo().username : 'root';
}

/** Switches I2C on at 400 kHz, where a panel is asked for. What was changed, in words. */
async function fixBoot(machine: Machine, config: Config): Promise<Outcome<string[]>> {
  if (!isPi(machine)) return good(['Nothing to change: this is no Raspberry Pi.']);
  if (config.panel.controller === 'none') return good(['Nothing to change: no panel is asked for.']);
  const file = BOOT_CONFIGS.find((path) => machine.exists(path));
  if (file === undefined) {
    return bad(
      'boot-config-missing',
      'There is no config.txt in /boot/firmware or /boot.',
      'Is the boot partition mounted?',
    );
  }
  const text = machine.text(file);
  if (text === null) return bad('boot-config-unreadable', `${file} can not be read.`, 'Run it as root.');
  const before = await readFile(machine.at(file), 'utf8');
  const after = withI2c(before);
  if (after === before) return good([`Nothing to change: ${file} is right.`]);
  try {
    const copy = await keepCopy(machine, file);
    await writeDurably(machine.at(file), after);
    return good([`${file} changed: I2C on, 400 kHz. What was there is in ${copy}. Restart the Pi.`]);
  } catch (error) {
    return bad(
      'boot-config-not-writable',
      `${file} can not be changed (${(error as NodeJS.ErrnoException).code ?? 'unknown error'}); it is as it was.`,
      'Run it as root: sudo lightkeeper doctor --fix.',
    );
  }
}

/** A copy beside the file that overwrites no other. Its path. */
async function keepCopy(machine: Machine, file: string): Promise<string> {
  for (let number = 1; ; number++) {
    const copy = `${file}.before-lightkeeper-${number}`;
    try {
      await copyFile(machine.at(file), machine.at(copy), constants.COPYFILE_EXCL);
      return copy;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

function inWords(line: DoctorLine): string {
  const fix = line.fix === null ? '' : `\n      -> ${line.fix}`;
  return `${line.state.padEnd(4)}  ${line.what}${line.state === 'ok' ? '' : `  [${line.code}]`}${fix}`;
}

function summary(lines: readonly DoctorLine[]): string {
  const count = (state: DoctorLine['state']) => lines.filter((line) => line.state === state).length;
  return `${count('ok')} ok, ${count('warn')} warn, ${count('fail')} fail`;
}
