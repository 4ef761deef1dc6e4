/**
 * What the interface tells of itself, made fit for people: lock of each port calmed and counted, its word on each bank, the
 * switches of its preamps, changes of its clock source dated, and findings. Pure: messages and time in, words out.
 */
import { portsOfRouting } from '../device/clock/readClock.ts';
import type { PortMap } from '../device/interfaces/interfaceMap.ts';
import type { ClockInput, ClockReading, PreampReading } from '../device/ports.ts';
import { assertNever, type Fault } from '../fault.ts';
import type { PlannedBank } from './bankPlan.ts';
import type { DeviceEvent } from './captureMessages.ts';
import type { FromClock } from './clockMessages.ts';
import { LockWatch, type WatchedLock } from './lockWatch.ts';
import type { RateContext } from './rateWatch.ts';
import type { Bank, ClockPort, Finding, InputSwitches, Snapshot, SyncWord } from './snapshot.ts';
import type { DeviceWord } from './verdict/bankVerdict.ts';

/** A clock source that changed this soon after a stream opened was changed by the opening. */
const OPENING_MS = 3000;
/** Ports that are watched; a device has at most a dozen. */
const MAX_PORTS = 32;
/** The clock worker tells once a second that it turns. After this long without, its last words are not believed. */
const SILENT_MS = 5000;

interface Watched {
  readonly watch: LockWatch;
  input: ClockInput;
  shown: WatchedLock;
}

/** The present words of the controls. */
type Told = Pick<Snapshot['clock'], 'source' | 'sync' | 'portMode' | 'ports'>;

export interface DeviceFindingInputs {
  readonly deviceName: string;
  readonly banks: readonly Bank[];
}

export class DeviceWatch {
  readonly #onEvent: (event: DeviceEvent) => void;
  readonly #frame: () => number;
  #reading: ClockReading | null = null;
  #readingSinceMs = 0;
  #unreadable: { readonly fault: Fault; readonly sinceMs: number } | null = null;
  /** By port. Kept while the interface is away: its losses still count. */
  readonly #ports = new Map<string, Watched>();
  #streamOpenedMs = Number.NEGATIVE_INFINITY;
  #sourceChange: { from: string; to: string; sinceMs: number; atOpening: boolean; count: number } | null = null;
  #changed = false;
  #heardMs = Number.NEGATIVE_INFINITY;
  #silentSinceMs: number | null = null;

  /** `frame`: how far the stream is now. */
  constructor(onEvent: (event: DeviceEvent) => void, frame: () => number) {
    this.#onEvent = onEvent;
    this.#frame = frame;
  }

  /** One message of the clock worker. true: the routing of the channels is another one. */
  take(message: Exclude<FromClock, { kind: 'bug' }>, nowMs: number): boolean {
    this.#heardMs = nowMs;
    switch (message.kind) {
      case 'alive':
        return false;
      case 'reading': {
        const before = this.#reading;
        this.#reading = message.reading;
        if (before === null) this.#readingSinceMs = nowMs;
        this.#unreadable = null;
        this.#changed = true;
        if (before !== null) this.#tellSwitches(before.preamps, message.reading.preamps);
        if (message.source !== null) this.#tellSource(message.source, nowMs);
        this.#watchLocks(message.reading, nowMs);
        return (before?.routing ?? []).join('|') !== message.reading.routing.join('|');
      }
      case 'unreadable':
        this.#unreadable = { fault: message.fault, sinceMs: nowMs };
        this.#reading = null;
        this.#changed = true;
        for (const watched of this.#ports.values()) {
          watched.input = { ...watched.input, lock: 'unknown', told: 'unknown' };
          this.#show(watched, watched.watch.update('unknown', nowMs));
        }
        return false;
      default:
        return assertNever(message);
    }
  }

  /** A capture stream has just opened. */
  streamOpened(nowMs: number): void {
    this.#streamOpenedMs = nowMs;
  }

  /** Time goes on: a lock that came back is believed after a while. true: something shown has changed since the last call. */
  turn(nowMs: number): boolean {
    for (const watched of this.#ports.values()) this.#show(watched, watched.watch.update(watched.input.lock, nowMs));
    const silent = this.#reading !== null && nowMs - this.#heardMs > SILENT_MS;
    if (silent !== (this.#silentSinceMs !== null)) {
      this.#silentSinceMs = silent ? nowMs : null;
      this.#changed = true;
    }
    const changed = this.#changed;
    this.#changed = false;
    return changed;
  }

  /** Clears counts and latches. */
  clear(): void {
    for (const watched of this.#ports.values()) watched.watch.clear();
    this.#sourceChange = null;
  }

  /** What the controls say of the clock source, for the cause of a change of rate. */
  get clockContext(): Pick<RateContext, 'source' | 'external' | 'sourceChangedMs'> {
    const source = this.#reading?.source ?? null;
    const external = source === null ? null : this.#reading?.sourcePort != null;
    return { source, external, sourceChangedMs: this.#sourceChange?.sinceMs ?? null };
  }

  /** What each capture channel carries, in the device's words; empty: not told. */
  get routing(): readonly string[] {
    return this.#reading?.routing ?? [];
  }

  /** Ports as the device routes them, or null: not told for all of the first `channels`. */
  routedPorts(channels: number): readonly PortMap[] | null {
    const routing = this.#reading?.routing.slice(0, channels) ?? [];
    if (routing.length < channels || routing.includes('')) return null;
    return portsOfRouting(routing);
  }

  /** What the device says of a bank's clock; null: nothing that could be trusted. `locked` of two states is no word on sync. */
  wordOf(bank: PlannedBank, banks: readonly PlannedBank[]): DeviceWord {
    if (this.#silentSinceMs !== null) return null;
    for (const [port, watched] of this.#ports) {
      if (port === 'device' || !carries(bank, port, banks)) continue;
      const { shown } = watched;
      if (shown === 'noLock' || shown === 'lock' || shown === 'sync') return shown;
    }
    return null;
  }

  /** The interface's own clock. `capturing` false: nobody watches, so no word stands. */
  clock(capturing: boolean): Told {
    const reading = this.#reading;
    return {
      source: reading?.source ?? null,
      sync: capturing && this.#silentSinceMs === null ? this.#sync() : 'unknown',
      portMode: reading?.portMode ?? null,
      ports: reading === null ? [] : [...this.#ports.values()].map(describePort),
    };
  }

  inputs(banks: readonly PlannedBank[]): InputSwitches[] {
    const reading = this.#reading;
    if (reading === null) return [];
    return reading.preamps.map((preamp) => ({ ...preamp, channel: channelOf(preamp.input, reading.routing, banks) }));
  }

  findings({ deviceName, banks }: DeviceFindingInputs): Finding[] {
    const found: Finding[] = [];
    if (this.#silentSinceMs !== null)
      return [
        {
          code: 'controls-silent',
          severity: 'warning',
          where: deviceName,
          symptom: "The interface's controls do not answer any more.",
          cause: 'Its driver hangs: what it said last of lock and switches is not believed.',
          fix: 'Unplug the interface and plug it in again; restart Lightkeeper if that does not help.',
          confidence: 'high',
          sinceMs: Math.floor(this.#silentSinceMs),
        },
      ];
    for (const [port, watched] of this.#ports) {
      const finding =
        port === 'device' ? this.#deviceLock(watched, deviceName) : this.#portLock(port, watched, banks, deviceName);
      if (finding !== null) found.push(finding);
    }
    const change = this.#sourceChange;
    if (change !== null) {
      found.push({
        code: 'clock-source-changed',
        severity: 'warning',
        where: deviceName,
        symptom: `Its clock source went from ${change.from} to ${change.to}${change.count > 1 ? `, after ${change.count - 1} changes before` : ''}.`,
        cause: change.atOpening
          ? "The kernel chose another source when a program opened the interface (snd_usb_audio's autoclock), for the one set had no lock."
          : 'Somebody, or another program, switched it.',
        fix: change.atOpening
          ? `Give ${change.from} a signal and set it again; the option autoclock=0 of snd_usb_audio keeps the kernel from choosing.`
          : `If nobody meant to, set it to ${change.from} again in the interface's mixer.`,
        confidence: change.atOpening ? 'medium' : 'high',
        sinceMs: Math.floor(change.sinceMs),
      });
    }
    for (const note of this.#reading?.notes ?? []) {
      found.push({
        code: note.code,
        severity: 'warning',
        where: deviceName,
        symptom: note.what,
        cause: note.what,
        fix: note.fix,
        confidence: 'high',
        sinceMs: Math.floor(this.#readingSinceMs),
      });
    }
    // A card without controls is none of the user's doing; one that may not be read is.
    const unreadable = this.#unreadable;
    if (unreadable !== null && unreadable.fault.code === 'controls-no-permission') {
      found.push({
        code: unreadable.fault.code,
        severity: 'info',
        where: deviceName,
        symptom: unreadable.fault.what,
        cause: unreadable.fault.what,
        fix: unreadable.fault.fix,
        confidence: 'high',
        sinceMs: Math.floor(unreadable.sinceMs),
      });
    }
    return found;
  }

  #watchLocks(reading: ClockReading, nowMs: number): void {
    const inputs = reading.device === null ? reading.inputs : [reading.device, ...reading.inputs];
    for (const input of inputs) {
      const known = this.#ports.get(input.port);
      if (known !== undefined) {
        known.input = input;
        this.#show(known, known.watch.update(input.lock, nowMs));
      } else if (this.#ports.size < MAX_PORTS) {
        const watch = new LockWatch();
        this.#ports.set(input.port, { watch, input, shown: watch.update(input.lock, nowMs) });
      }
    }
    // Another interface may have been plugged in: what it does not have is not shown of it.
    for (const port of [...this.#ports.keys()]) {
      if (!inputs.some((input) => input.port === port)) this.#ports.delete(port);
    }
  }

  #show(watched: Watched, lock: WatchedLock): void {
    if (watched.shown === lock) return;
    watched.shown = lock;
    this.#changed = true;
    this.#onEvent({ kind: 'portLock', frame: this.#frame(), port: watched.input.port, lock });
  }

  #tellSource(change: { readonly from: string; readonly to: string }, nowMs: number): void {
    this.#sourceChange = {
      ...change,
      sinceMs: nowMs,
      atOpening: nowMs - this.#streamOpenedMs <= OPENING_MS,
      count: (this.#sourceChange?.count ?? 0) + 1,
    };
    this.#onEvent({ kind: 'clockSource', frame: this.#frame(), ...change });
  }

  #tellSwitches(before: readonly PreampReading[], now: readonly PreampReading[]): void {
    for (const preamp of now) {
      const old = before.find((one) => one.input === preamp.input);
      if (old === undefined) continue;
      for (const name of ['phantom', 'inst', 'pad', 'air', 'muted'] as const) {
        const on = preamp[name];
        if (on !== null && old[name] !== null && on !== old[name])
          this.#onEvent({ kind: 'inputSwitch', frame: this.#frame(), input: preamp.input, switch: name, on });
      }
    }
  }

  #sync(): SyncWord {
    const whole = this.#ports.get('device')?.shown;
    if (whole === 'noLock') return 'noLock';
    const sourcePort = this.#reading?.sourcePort ?? null;
    const source = sourcePort === null ? undefined : this.#ports.get(sourcePort)?.shown;
    return source === 'noLock' || source === 'lock' || source === 'sync' ? source : 'unknown';
  }

  #deviceLock(watched: Watched, deviceName: string): Finding | null {
    const { watch, shown } = watched;
    if (shown !== 'noLock' && watch.losses === 0) return null;
    const source = this.#reading?.source ?? null;
    const from = source === null ? 'its clock source' : `its clock source, ${source}`;
    return {
      code: 'clock-no-lock',
      severity: shown === 'noLock' ? 'alarm' : 'warning',
      where: deviceName,
      symptom: shown === 'noLock' ? `The interface has no lock to ${from}.` : lossWords('The interface', watch.losses),
      cause: `Nothing usable arrives from ${from}: the box is off, its cable is out, or it runs at another rate.`,
      fix: 'Check that box, its cable and its rate; or set the clock source to Internal, and the box to follow.',
      confidence: 'high',
      sinceMs: Math.floor(watch.latchedAtMs ?? 0),
    };
  }

  #portLock(port: string, watched: Watched, banks: readonly Bank[], deviceName: string): Finding | null {
    const { watch, shown } = watched;
    const bank = banks.find((one) => carries(one, port, banks)) ?? null;
    // An empty port is no fault: only what was there, what has a box to its name, or what the clock is taken from.
    const wanted = watch.losses > 0 || bank?.box != null || this.#reading?.sourcePort === port;
    if (!wanted || (shown !== 'noLock' && watch.losses === 0)) return null;
    const name = bank?.name ?? port;
    const box = bank?.box ?? name;
    return {
      code: 'port-no-lock',
      severity: shown === 'noLock' ? 'alarm' : 'warning',
      where: bank === null ? deviceName : box,
      symptom: shown === 'noLock' ? `${name} has no lock: nothing is decoded.` : lossWords(name, watch.losses),
      cause: `${box} is off or was restarted, its cable is out or loose, or the port is set to another format.`,
      fix: `Switch ${box} on, check the cable from its OUT to ${name}, and the port's mode in the interface.`,
      confidence: 'high',
      sinceMs: Math.floor(watch.latchedAtMs ?? 0),
    };
  }
}

const lossWords = (who: string, losses: number) =>
  `${who} lost lock ${losses === 1 ? 'once' : `${losses} times`}; it is back.`;

function describePort({ input, shown, watch }: Watched): ClockPort {
  const { port, control, told, trust, format, rateHz } = input;
  const firstLossMs = watch.latchedAtMs === null ? null : Math.floor(watch.latchedAtMs);
  return { port, control, lock: shown, told, trust, format, rateHz, losses: watch.losses, firstLossMs };
}

const PORT_ID = /^(adat-[a-d]|spdif|aes)(-r\d+)?$/;

/**
 * Does this bank come in by that port? By its id; a port that is routed in pieces has banks `adat-a`, `adat-a-r2`. Banks that
 * a user has named by other ids are taken in order: the second ADAT bank is port B.
 */
export function carries(
  bank: Pick<PlannedBank, 'id' | 'kind' | 'first'>,
  port: string,
  banks: readonly Pick<PlannedBank, 'id' | 'kind' | 'first'>[],
): boolean {
  const named = (one: { readonly id: string }) => one.id === port || one.id.startsWith(`${port}-r`);
  if (named(bank)) return true;
  if (banks.some(named)) return false;
  const match = /^(adat|spdif|aes)(?:-([a-d]))?$/.exec(port);
  if (match === null || bank.kind !== match[1]) return false;
  const alike = banks.filter((one) => one.kind === match[1] && !PORT_ID.test(one.id)).sort((a, b) => a.first - b.first);
  return alike.findIndex((one) => one.id === bank.id) === (match[2] ?? 'a').charCodeAt(0) - 97;
}

/** The capture channel of a preamp: by the routing where the device tells it, else by its place in the analogue bank. */
function channelOf(input: number, routing: readonly string[], banks: readonly PlannedBank[]): number | null {
  const routed = routing.findIndex((word) => {
    const match = /^(?:Analogue|Analog|Mic|Line|Input)\s?(\d+)$/i.exec(word);
    return match !== null && Number(match[1]) === input;
  });
  if (routed >= 0) return routed + 1;
  if (routing.length > 0) return null;
  const analogue = banks.find((bank) => bank.kind === 'analogue');
  if (analogue === undefined || analogue.first + input - 1 > analogue.last) return null;
  return analogue.first + input - 1;
}
