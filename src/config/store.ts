/**
 * The configuration on disk: `config.json` and beside it `config-history/` with the ten that came before.
 *
 * Loading never fails: garbage is kept aside (`config.bad-1.json` ...) and the newest good one of the history is used;
 * a file of a newer version is left untouched and nothing is saved over it. Saving never loses: the old file stays
 * until the new one is safe on the disk.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, link, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { bad, type Fault, good, type Outcome } from '../fault.ts';
import { checkConfig } from './check.ts';
import { defaultConfig } from './defaults.ts';
import { syncFolder, writeDurably } from './durableFile.ts';
import { CONFIG_VERSION, migrate } from './migrations.ts';
import type { Config } from './schema.ts';

export const HISTORY_LENGTH = 10;
/** Makes revisions worthless for guessing a password at leisure. */
const REVISION_KEY = randomBytes(32);
const BAD_KEPT = 5;

/**
 * How the configuration came to be.
 * `fresh`: there was none, these are the defaults. `loaded`: as in the file, `notes` tell of migrations.
 * `lastGood`: the file was bad; this is the newest good one, or the defaults. `readOnly`: the file is of a newer program.
 */
export type ConfigOrigin =
  | { readonly kind: 'fresh' }
  | { readonly kind: 'loaded'; readonly notes: readonly string[] }
  | { readonly kind: 'lastGood'; readonly fault: Fault }
  | { readonly kind: 'readOnly'; readonly fault: Fault };

/** The durable write, so that tests can give a full disk. */
export type WriteFile = (path: string, text: string) => Promise<void>;

export class ConfigStore {
  readonly folder: string;
  readonly #write: WriteFile;
  #config: Config;
  #origin: ConfigOrigin;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(folder: string, write: WriteFile, config: Config, origin: ConfigOrigin) {
    this.folder = folder;
    this.#write = write;
    this.#config = config;
    this.#origin = origin;
  }

  /** Reads the folder, which is made where it is missing. Never throws for what stands, or fails to stand, on the disk. */
  static async open(folder: string, write: WriteFile = writeDurably): Promise<ConfigStore> {
    await mkdir(join(folder, 'config-history'), { recursive: true }).catch(() => {});
    const read = await readConfigFile(join(folder, 'config.json'));
    switch (read.kind) {
      case 'good':
        return new ConfigStore(folder, write, read.config, { kind: 'loaded', notes: read.notes });
      case 'newer': {
        const usable = (await newestGood(folder)) ?? defaultConfig();
        const { fault } = bad(
          'config-newer',
          `The configuration is of version ${read.version}; this program knows version ${CONFIG_VERSION}.`,
          'Install the newer program again, or move config.json away to start with the defaults.',
        );
        return new ConfigStore(folder, write, usable, { kind: 'readOnly', fault });
      }
      case 'missing': {
        const before = await newestGood(folder);
        if (before === null) return new ConfigStore(folder, write, defaultConfig(), { kind: 'fresh' });
        return new ConfigStore(folder, write, before, {
          kind: 'lastGood',
          fault: bad('config-missing', 'config.json is gone.', 'The last good configuration is in use: save it again.')
            .fault,
        });
      }
      case 'bad': {
        const usable = (await newestGood(folder)) ?? defaultConfig();
        const kept = await keepAside(folder);
        const { fault } = bad(
          'config-bad',
          `config.json can not be used: ${read.why}`,
          `The last good configuration is in use${kept === null ? '' : `; the bad file is kept as ${kept}`}.`,
        );
        const store = new ConfigStore(folder, write, usable, { kind: 'lastGood', fault });
        // Only over a file that was kept aside. A folder that can't be written to is no reason not to start.
        if (kept !== null) await write(join(folder, 'config.json'), serialise(usable)).catch(() => {});
        return store;
      }
    }
  }

  config(): Config {
    return this.#config;
  }

  origin(): ConfigOrigin {
    return this.#origin;
  }

  /** Short fingerprint of the configuration in use, of this run of the program: two who edit at once do not overwrite each other unseen. */
  revision(): string {
    return createHmac('sha256', REVISION_KEY).update(serialise(this.#config)).digest('hex').slice(0, 12);
  }

  /** Puts `config` (checked already) on the disk, then in use. One at a time; the old file survives any failure. */
  save(config: Config): Promise<Outcome<Config>> {
    const turn = this.#turn.then(() => this.#save(config));
    this.#turn = turn;
    return turn;
  }

  async #save(config: Config): Promise<Outcome<Config>> {
    if (this.#origin.kind === 'readOnly') return { ok: false, fault: this.#origin.fault };
    const path = join(this.folder, 'config.json');
    try {
      await mkdir(join(this.folder, 'config-history'), { recursive: true });
      await this.#remember(path);
      await this.#write(path, serialise(config));
    } catch (error) {
      return saveFault(error);
    }
    this.#config = config;
    this.#origin = { kind: 'loaded', notes: [] };
    return good(config);
  }

  /** Gives the present file a second name in the history, and forgets the eleventh. */
  async #remember(path: string): Promise<void> {
    const history = join(this.folder, 'config-history');
    const numbers = await historyNumbers(this.folder);
    const next = (numbers[0] ?? 0) + 1;
    try {
      await secondName(path, historyPath(this.folder, next));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw error;
    }
    for (const old of numbers.slice(HISTORY_LENGTH - 1)) {
      await rm(historyPath(this.folder, old), { force: true });
    }
    await syncFolder(history);
  }

  /** The configurations before this one, newest first, at most ten. Those that can't be read are left out. */
  async history(): Promise<{ readonly number: number; readonly config: Config }[]> {
    const list: { number: number; config: Config }[] = [];
    for (const number of await historyNumbers(this.folder)) {
      const read = await readConfigFile(historyPath(this.folder, number));
      if (read.kind === 'good') list.push({ number, config: read.config });
    }
    return list;
  }
}

/** The text that is saved. */
export function serialise(config: Config): string {
  return `${JSON.stringify(config, null, 2)}\n`;
}

type ReadConfig =
  | { readonly kind: 'good'; readonly config: Config; readonly notes: readonly string[] }
  | { readonly kind: 'newer'; readonly version: number }
  | { readonly kind: 'missing' }
  | { readonly kind: 'bad'; readonly why: string };

async function readConfigFile(path: string): Promise<ReadConfig> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { kind: 'missing' };
    return { kind: 'bad', why: 'it can not be read.' };
  }
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return { kind: 'bad', why: text.trim() === '' ? 'it is empty.' : 'it is no JSON.' };
  }
  const migrated = migrate(raw);
  switch (migrated.kind) {
    case 'newer':
      return migrated;
    case 'unknown':
      return { kind: 'bad', why: 'it has no version that this program knows.' };
    case 'current': {
      const checked = checkConfig(migrated.config);
      if (checked.ok) return { kind: 'good', config: checked.config, notes: migrated.notes };
      const first = checked.problems[0];
      return { kind: 'bad', why: `${first?.field || 'it'} ${first?.message ?? 'does not fit'}.` };
    }
  }
}

/** Fails when `to` exists. A link where the file system has links, else a copy. */
async function secondName(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EMLINK') throw error;
    await copyFile(from, to, constants.COPYFILE_EXCL);
  }
}

function historyPath(folder: string, number: number): string {
  return join(folder, 'config-history', `${String(number).padStart(6, '0')}.json`);
}

/** Newest first. */
async function historyNumbers(folder: string): Promise<number[]> {
  const names = await readdir(join(folder, 'config-history')).catch(() => []);
  return names
    .map((name) => /^(\d{6,9})\.json$/.exec(name)?.[1])
    .filter((digits) => digits !== undefined)
    .map(Number)
    .sort((a, b) => b - a);
}

async function newestGood(folder: string): Promise<Config | null> {
  for (const number of await historyNumbers(folder)) {
    const read = await readConfigFile(historyPath(folder, number));
    if (read.kind === 'good') return read.config;
  }
  return null;
}

/** Gives the bad file a second name, so that it can be looked at. Its name, or null where that failed. */
async function keepAside(folder: string): Promise<string | null> {
  for (let number = 1; number <= BAD_KEPT; number++) {
    const name = `config.bad-${number}.json`;
    try {
      if (number === BAD_KEPT) await rm(join(folder, name), { force: true });
      await secondName(join(folder, 'config.json'), join(folder, name));
      return name;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return null;
    }
  }
  return null;
}

function saveFault(error: unknown): { readonly ok: false; readonly fault: Fault } {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return bad('config-disk-full', 'The disk is full: nothing was saved.', 'Free some space and save again.');
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
      return bad(
        'config-not-writable',
        'The folder of the configuration can not be written to: nothing was saved.',
        'Mount it writable, or give --state-dir a folder that is.',
      );
    default:
      return bad(
        'config-save-failed',
        `Saving failed (${code === '' ? 'unknown error' : code}): the old configuration is still in use.`,
        'Check the disk, then save again.',
      );
  }
}
