/**
 * Sound cards without a kernel, for tests: a rig is a directory with an ALSA configuration in which `hw:N` is our plug-in
 * (card.so, built here with gcc) and a /proc/asound of its own. Cards play a file or a signal at their own clock; tests
 * unplug them, hold them busy, inject overruns and change their controls. Everything goes through the real libasound.
 */
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const buildDir = join(here, 'build');
/** The plug-in. Preloaded (LD_PRELOAD), it also makes libasound's stamps follow the virtual clock. */
export const CARD_LIBRARY = join(buildDir, 'card.so');

/** Why the test card can not be used here, or null. */
export function testCardMissing(): string | null {
  if (process.platform !== 'linux') return 'the test card needs Linux';
  if (!existsSync('/usr/include/alsa/asoundlib.h')) return 'the test card needs libasound2-dev and gcc';
  return null;
}

/**
 * Builds the plug-in when a source is newer. Safe when several test files do it at once.
 * @param library where to, and by which compiler with which further words: another machine's.
 */
export function buildTestCard(library = CARD_LIBRARY, compiler = 'gcc', ...words: readonly string[]): string {
  const sources = ['card.c', 'pcm.c', 'ctl.c'].map((name) => join(here, name));
  const newest = Math.max(...[...sources, join(here, 'card.h')].map((path) => statSync(path).mtimeMs));
  if (!existsSync(library) || statSync(library).mtimeMs < newest) {
    mkdirSync(dirname(library), { recursive: true });
    const fresh = `${library}.${process.pid}`;
    const flags = ['-O2', '-Wall', '-Wextra', '-Werror', '-fPIC', '-shared', '-DPIC'];
    execFileSync(compiler, [...flags, '-o', fresh, ...sources, ...words, '-lasound', '-lm'], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    renameSync(fresh, library);
  }
  return library;
}

export type CardSignal =
  | { readonly kind: 'hash'; readonly seed: number }
  | { readonly kind: 'count' }
  | { readonly kind: 'silence' }
  /** S32_LE interleaved. */
  | { readonly kind: 'raw'; readonly channels: number; readonly path: string }
  /** Plain PCM of 16, 24 or 32 bits. */
  | { readonly kind: 'wav'; readonly path: string };

export interface CardSpec {
  readonly number?: number;
  readonly id?: string;
  readonly driver?: string;
  readonly name?: string;
  readonly usbId?: string | null;
  readonly formats?: readonly ('S32_LE' | 'S24_3LE' | 'S24_LE' | 'S16_LE' | 'FLOAT_LE')[];
  readonly ratesHz?: readonly number[];
  readonly channels?: readonly number[];
  /** Valid bits: the ones below are zero. */
  readonly bits?: number;
  readonly signal?: CardSignal;
  /** The card's clock against MONOTONIC_RAW. */
  readonly ppm?: number;
  /** Largest lateness of an arrival, µs; evenly spread, never early. */
  readonly jitterUs?: number;
  /** Frames that arrive together; 0: 1 ms, as USB does. */
  readonly granule?: number;
  readonly seed?: number;
  /** Time jumps to the next arrival instead of passing. */
  readonly virtual?: boolean;
  readonly bufferMaxBytes?: number;
  readonly controls?: readonly TestControl[];
}

/** A control, in the words of alsa-lib. Values of ENUMERATED are item numbers. */
export interface TestControl {
  readonly iface?: 'CARD' | 'MIXER' | 'PCM' | 'HWDEP';
  readonly device?: number;
  readonly subdevice?: number;
  readonly index?: number;
  readonly name: string;
  readonly type: 'BOOLEAN' | 'INTEGER' | 'ENUMERATED' | 'BYTES';
  /** Changes raise no event. */
  readonly volatile?: boolean;
  readonly writable?: boolean;
  readonly min?: number;
  readonly max?: number;
  readonly step?: number;
  readonly items?: readonly string[];
  readonly values: readonly number[];
}

export type Injection = 'xrun' | 'stall' | 'unplug' | 'ppm' | 'skip' | 'suspend';

function replaceFile(path: string, text: string): void {
  const fresh = `${path}.new`;
  writeFileSync(fresh, text);
  renameSync(fresh, path);
}

export class TestCard {
  readonly rig: TestRig;
  number: number;
  #spec: CardSpec;
  #plugged = true;
  #holderPid: number | null = null;

  constructor(rig: TestRig, number: number, spec: CardSpec) {
    this.rig = rig;
    this.number = number;
    this.#spec = spec;
    mkdirSync(this.dir, { recursive: true });
    writeFileSync(join(this.dir, 'events.txt'), '');
    this.#write();
    if (spec.controls) this.setControls(spec.controls);
  }

  get dir(): string {
    return join(this.rig.dir, `card${this.number}`);
  }

  /** Name to open. */
  get pcm(): string {
    return `hw:${this.number},0`;
  }

  get plugged(): boolean {
    return this.#plugged;
  }

  get spec(): CardSpec {
    return this.#spec;
  }

  /** Changes what the next open finds. */
  set(change: Partial<CardSpec>): void {
    this.#spec = { ...this.#spec, ...change };
    if (change.controls) this.setControls(change.controls);
    this.#write();
  }

  /** At a content frame, or at once. `value`: ms of stall (0: for ever), ppm, frames skipped. */
  inject(what: Injection, at: number | 'now', value = 0): void {
    appendFileSync(join(this.dir, 'events.txt'), `${what} ${at === 'now' ? 'now' : `at ${at}`} ${value}\n`);
  }

  unplug(): void {
    this.#plugged = false;
    this.#write();
    this.inject('unplug', 'now');
  }

  /** Plugs it in again, under another number if given. Injected events are forgotten. */
  plug(number = this.number): void {
    if (number !== this.number) {
      const old = this.dir;
      this.number = number;
      renameSync(old, this.dir);
    }
    writeFileSync(join(this.dir, 'events.txt'), '');
    this.#plugged = true;
    this.#write();
  }

  /** Held by a program with this pid; null: free. */
  holdBusy(pid: number | null): void {
    this.#holderPid = pid;
    this.#write();
  }

  setControls(controls: readonly TestControl[]): void {
    this.#spec = { ...this.#spec, controls };
    const lines = controls.map((c) =>
      [
        c.iface ?? 'MIXER',
        c.device ?? 0,
        c.subdevice ?? 0,
        c.index ?? 0,
        c.name,
        c.type,
        `r${c.writable ? 'w' : ''}${c.volatile ? 'v' : ''}`,
        c.values.length,
        c.type === 'ENUMERATED' ? (c.items ?? []).join('|') : `${c.min ?? 0},${c.max ?? 1},${c.step ?? 1}`,
        c.values.join(','),
      ].join('\t'),
    );
    replaceFile(join(this.dir, 'controls.txt'), `${lines.join('\n')}\n`);
  }

  /** Sets the values of one control by name, as a hand on the device would. */
  turn(name: string, ...values: number[]): void {
    const controls = this.#spec.controls ?? [];
    if (!controls.some((c) => c.name === name)) throw new Error(`no control ${name}`);
    this.setControls(controls.map((c) => (c.name === name ? { ...c, values } : c)));
  }

  /** How many times a program tried to write a control. */
  writes(): number {
    const path = join(this.dir, 'writes.txt');
    return existsSync(path) ? readFileSync(path, 'utf8').split('\n').length - 1 : 0;
  }

  #write(): void {
    const s = this.#spec;
    const signal = s.signal ?? { kind: 'silence' };
    const source = {
      hash: () => `signal hash ${signal.kind === 'hash' ? signal.seed : 0}`,
      count: () => 'signal count',
      silence: () => 'signal silence',
      raw: () => (signal.kind === 'raw' ? `raw ${signal.channels} ${signal.path}` : ''),
      wav: () => (signal.kind === 'wav' ? `wav ${signal.path}` : ''),
    }[signal.kind]();
    const lines = [
      `id ${s.id ?? 'USB'}`,
      `driver ${s.driver ?? 'USB-Audio'}`,
      `name ${s.name ?? 'Test card'}`,
      `longname ${s.name ?? 'Test card'} at test`,
      `mixername ${s.usbId ? `USB Mixer ${s.usbId}` : 'Test mixer'}`,
      `plugged ${this.#plugged ? 'yes' : 'no'}`,
      `busy ${this.#holderPid === null ? 'no' : 'yes'}`,
      `virtual ${s.virtual ? 'yes' : 'no'}`,
      `formats ${(s.formats ?? ['S32_LE']).join(' ')}`,
      `rates ${(s.ratesHz ?? [48000]).join(' ')}`,
      `channels ${(s.channels ?? [2]).join(' ')}`,
      `bits ${s.bits ?? 32}`,
      `ppm ${s.ppm ?? 0}`,
      `jitter_us ${s.jitterUs ?? 0}`,
      `granule ${s.granule ?? 0}`,
      `seed ${s.seed ?? 0}`,
      ...(s.bufferMaxBytes ? [`buffer_max_bytes ${s.bufferMaxBytes}`] : []),
      source,
    ];
    replaceFile(join(this.dir, 'card.txt'), `${lines.join('\n')}\n`);
    this.rig.describe(this.#holderPid);
  }
}

/** Cards of one test. */
export class TestRig {
  readonly dir: string;
  readonly cards: TestCard[] = [];
  readonly #before: string | undefined;

  /** @param library the plug-in for the machine that shall load it; by default this one's. */
  constructor(library = buildTestCard()) {
    this.dir = mkdtempSync(join(tmpdir(), 'lightkeeper-rig-'));
    writeFileSync(
      this.configPath,
      `pcm_type.lightkeeper_card { lib "${library}" }
ctl_type.lightkeeper_card { lib "${library}" }
pcm.hw {
  @args [ CARD DEV SUBDEV ]
  @args.CARD { type string default "0" }
  @args.DEV { type integer default 0 }
  @args.SUBDEV { type integer default -1 }
  type lightkeeper_card
  dir { @func concat strings [ "${this.dir}/card" $CARD ] }
}
ctl.hw {
  @args [ CARD ]
  @args.CARD { type string default "0" }
  type lightkeeper_card
  dir { @func concat strings [ "${this.dir}/card" $CARD ] }
}
`,
    );
    this.#before = process.env.ALSA_CONFIG_PATH;
    process.env.ALSA_CONFIG_PATH = this.configPath;
    mkdirSync(this.procRoot, { recursive: true });
    this.describe(null);
  }

  get configPath(): string {
    return join(this.dir, 'asound.conf');
  }

  /** Stands for /proc/asound. */
  get procRoot(): string {
    return join(this.dir, 'proc');
  }

  /** Environment of a child process that shall see these cards. */
  get env(): Record<string, string> {
    return { ALSA_CONFIG_PATH: this.configPath, LIGHTKEEPER_PROC_ASOUND: this.procRoot };
  }

  add(spec: CardSpec): TestCard {
    const card = new TestCard(this, spec.number ?? this.cards.length, spec);
    this.cards.push(card);
    this.describe(null);
    return card;
  }

  /** Writes the tree that stands for /proc/asound. */
  describe(holderPid: number | null): void {
    const fresh = join(this.dir, 'proc.new');
    rmSync(fresh, { recursive: true, force: true });
    mkdirSync(fresh, { recursive: true });
    const present = this.cards.filter((card) => card.plugged).sort((a, b) => a.number - b.number);
    const list = present.map(({ number, spec }) => {
      const id = spec.id ?? 'USB';
      const name = spec.name ?? 'Test card';
      return (
        ` ${number} [${id.padEnd(15)}]: ${spec.driver ?? 'USB-Audio'} - ${name}\n` +
        `                      ${name} at test\n`
      );
    });
    writeFileSync(join(fresh, 'cards'), list.join('') || '--- no soundcards ---\n');
    for (const { number, spec } of present) {
      const dir = join(fresh, `card${number}`);
      const sub = join(dir, 'pcm0c', 'sub0');
      mkdirSync(sub, { recursive: true });
      symlinkSync(`card${number}`, join(fresh, spec.id ?? 'USB'));
      writeFileSync(join(dir, 'id'), `${spec.id ?? 'USB'}\n`);
      if (spec.usbId) writeFileSync(join(dir, 'usbid'), `${spec.usbId}\n`);
      writeFileSync(
        join(dir, 'pcm0c', 'info'),
        `card: ${number}\ndevice: 0\nstream: CAPTURE\nid: USB Audio\nname: USB Audio\n`,
      );
      writeFileSync(join(sub, 'hw_params'), 'closed\n');
      writeFileSync(
        join(sub, 'status'),
        holderPid === null ? 'closed\n' : `state: RUNNING\nowner_pid   : ${holderPid}\n`,
      );
      const settings = (spec.formats ?? ['S32_LE']).flatMap((format) =>
        (spec.channels ?? [2]).map((channels) => ({ format, channels })),
      );
      const alt = settings.map(({ format, channels }, i) =>
        [
          `    Altset ${i + 1}`,
          `    Format: ${format}`,
          `    Channels: ${channels}`,
          '    Endpoint: 0x82 (2 IN) (ASYNC)',
          `    Rates: ${(spec.ratesHz ?? [48000]).join(', ')}`,
          '    Data packet interval: 125 us',
          ...(spec.bits ? [`    Bits: ${spec.bits}`] : []),
        ].join('\n'),
      );
      const head = `${spec.name ?? 'Test card'} at test, high speed : USB Audio`;
      writeFileSync(
        join(dir, 'stream0'),
        `${head}\n\nPlayback:\n  Status: Stop\n  Interface 1\n    Altset 1\n    Format: S32_LE\n    Channels: 2\n    Rates: 48000\n\nCapture:\n  Status: Stop\n  Interface 2\n${alt.join('\n')}\n`,
      );
    }
    rmSync(`${this.procRoot}.old`, { recursive: true, force: true });
    if (existsSync(this.procRoot)) renameSync(this.procRoot, `${this.procRoot}.old`);
    renameSync(fresh, this.procRoot);
    rmSync(`${this.procRoot}.old`, { recursive: true, force: true });
  }

  /** As if another program played at this rate: /proc tells it. */
  runAt(card: TestCard, rateHz: number): void {
    const sub = join(this.procRoot, `card${card.number}`, 'pcm0p', 'sub0');
    mkdirSync(sub, { recursive: true });
    writeFileSync(join(sub, 'hw_params'), `access: MMAP_INTERLEAVED\nformat: S32_LE\nrate: ${rateHz} (${rateHz}/1)\n`);
  }

  stop(): void {
    if (this.#before === undefined) delete process.env.ALSA_CONFIG_PATH;
    else process.env.ALSA_CONFIG_PATH = this.#before;
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** The card's `hash` signal: the same words, for comparing. `bits` below 32 clears the rest. */
export function hashSample(frame: number, channel: number, seed: number, bits = 32): number {
  let h = (Math.imul(frame, 64) + channel) ^ seed;
  h ^= h >>> 16;
  h = Math.imul(h, 0x85eb_ca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2_ae35);
  h ^= h >>> 16;
  return bits < 32 ? h & ~((1 << (32 - bits)) - 1) : h | 0;
}
