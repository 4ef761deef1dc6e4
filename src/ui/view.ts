/** What a page is drawn from, and words that several pages derive from it. Pure. */
import type { LevelFrame } from '../monitor/levels.ts';
import type { Bank, Finding, Snapshot, SyncWord } from '../monitor/snapshot.ts';

/** How a phone gets in. */
export interface PanelNetwork {
  /** The address that a phone on the LAN can reach, `http://192.168.1.23:8080`, or null: this machine only, or no network. */
  readonly url: string | null;
  /** Name in the local network, `lightkeeper.local`, or null. */
  readonly name: string | null;
  /** Six digits that allow writes, or null. Shown on the panel only; frames for HTTP are rendered with `maskPin`. */
  readonly pin: string | null;
}

export interface PanelSystem {
  /** All threads of this program, % of one core. */
  readonly cpuPercent: number;
  readonly rssMb: number;
  /** Processor temperature, degrees C, or null. */
  readonly temperatureC: number | null;
  /** State of the wired panel in at most 14 characters, such as `SSD1306 400k`, or null. */
  readonly panel: string | null;
  /** The wired buttons in at most 5, such as `A B`, or null. */
  readonly buttons: string | null;
}

export interface PanelView {
  readonly snapshot: Snapshot;
  readonly levels: LevelFrame;
  readonly network: PanelNetwork | null;
  readonly system: PanelSystem | null;
  /** A take is being watched: the panel does not sleep. */
  readonly takeRunning: boolean;
  /** The monitor can run a guided proof of a bank. */
  readonly canProve: boolean;
}

/** What the panel writes for a sync word. */
export function syncLabel(sync: SyncWord): string {
  return { noLock: 'NO LOCK', lock: 'LOCK!', sync: 'SYNC', unknown: '?' }[sync];
}

/** All that was seen of the bank is one missing frame, which is inferred: no slip for sure. */
export function seemsToMissOne(bank: Bank): boolean {
  return bank.slips === 1 && bank.slipsExact === 0;
}

/** Banks that come over a cable from another box: the only ones that can slip. */
export function isDigital(bank: Bank): boolean {
  return bank.kind === 'adat' || bank.kind === 'spdif' || bank.kind === 'aes' || bank.kind === 'group';
}

/** A guided proof of this bank can begin: from a split or resampled stream a tone would prove nothing. */
export function canProveBank(view: PanelView, bank: Bank): boolean {
  const here = bank.vantage === 'own' || bank.vantage === 'mirror';
  return view.canProve && isDigital(bank) && here && view.snapshot.capture.state === 'running';
}

/** A port counts when somebody uses it: a box is named, bits are alive, or something has happened on it. */
export function bankInUse(bank: Bank, snapshot: Snapshot): boolean {
  if (bank.box !== null || bank.slips > 0) return true;
  if (snapshot.findings.some((finding) => finding.where === bank.name)) return true;
  return bank.channels.some((index) => {
    const channel = snapshot.channels[index - 1];
    return channel !== undefined && channel.silence !== 'digitalZero';
  });
}

const WORST_FIRST: readonly SyncWord[] = ['noLock', 'lock', 'unknown', 'sync'];

/** Banks in use on digital ports, worst first; among equals the one with more slips. */
export function banksWorstFirst(snapshot: Snapshot): Bank[] {
  return snapshot.banks
    .filter((bank) => isDigital(bank) && bankInUse(bank, snapshot))
    .sort((a, b) => WORST_FIRST.indexOf(a.sync) - WORST_FIRST.indexOf(b.sync) || b.slips - a.slips);
}

/** The one word of the whole rig and the bank it comes from (null: from the interface's own clock, or from nothing). */
export function rigSync(snapshot: Snapshot): { readonly sync: SyncWord; readonly bank: Bank | null } {
  if (snapshot.clock.sync === 'noLock') return { sync: 'noLock', bank: null };
  const worst = banksWorstFirst(snapshot)[0];
  if (worst === undefined) return { sync: snapshot.clock.sync, bank: null };
  if (snapshot.clock.sync === 'lock' && worst.sync !== 'noLock') return { sync: 'lock', bank: worst };
  return { sync: worst.sync, bank: worst };
}

const SEVERITY: readonly Finding['severity'][] = ['alarm', 'warning', 'info'];

/** Worst first; among equals in the Snapshot's own order, which has causes before their effects. */
export function findingsWorstFirst(snapshot: Snapshot): Finding[] {
  return [...snapshot.findings].sort((a, b) => SEVERITY.indexOf(a.severity) - SEVERITY.indexOf(b.severity));
}

/** One cause at one place: what is taken over, acknowledged and remembered. */
export function causeOf(finding: Finding): string {
  return `${finding.code}|${finding.where}`;
}

/** A person has taken note of it: on the page, or on this panel a moment ago. */
export function isQuiet(finding: Finding, acknowledged: readonly string[]): boolean {
  return finding.acknowledged === true || acknowledged.includes(causeOf(finding));
}

/** The alarm lamp: lit while an alarm stands that nobody has acknowledged. */
export function alarmLamp(snapshot: Snapshot, acknowledged: readonly string[]): boolean {
  return snapshot.findings.some((finding) => finding.severity === 'alarm' && !isQuiet(finding, acknowledged));
}

/** `48.0k`, `44.1k`, `192k`: five characters at most. */
export function rateText(rateHz: number): string {
  return rateHz >= 100_000 ? `${Math.round(rateHz / 1000)}k` : `${(rateHz / 1000).toFixed(1)}k`;
}

/** `-3.2ppm`, `+23ppm`: one decimal below ten. */
export function ppmText(ppm: number): string {
  const size = Math.abs(ppm);
  const digits = size < 9.95 ? size.toFixed(1) : String(Math.min(9999, Math.round(size)));
  const sign = ppm < 0 && Number(digits) !== 0 ? '-' : '+';
  return `${sign}${digits}ppm`;
}

/** A bar's number, 2 characters at most: dB below full scale without the sign that all share. `0`, `6`, `18`, `--` for none. */
export function shortDb(dbfs: number | null): string {
  if (dbfs === null) return '--';
  return String(Math.min(99, Math.max(0, Math.round(-dbfs))));
}

/** A bar's number in the chosen unit: as `shortDb` for dBFS, else 3 characters at most; no sign is above 0. */
export function shortLevel(dbfs: number | null, meter: Snapshot['meter']): string {
  if (meter.unit === 'dBFS' || dbfs === null) return shortDb(dbfs);
  const level = Math.round(Math.max(-99, Math.min(99, dbfs + meter.fullScaleIs)));
  return String(level);
}

/** A level in dBFS, told in the chosen unit. */
export function inUnit(dbfs: number | null, meter: Snapshot['meter']): number | null {
  return dbfs === null ? null : dbfs + meter.fullScaleIs;
}

/** What stands beside a title when the meter or the unit is not the usual one: `VU`, `dBu`, else empty. */
export function meterLabel(meter: Snapshot['meter']): string {
  return [
    meter.ballistic === 'digital' ? '' : meter.label.replace(/ \(.*/, ''),
    meter.unit === 'dBFS' ? '' : meter.unit,
  ]
    .filter((part) => part !== '')
    .join(' ');
}

/** dB with one decimal, or `--`. */
export function longDb(db: number | null): string {
  return db === null ? '--' : (Math.round(db * 10) / 10 + 0).toFixed(1).replace(/^-0\.0$/, '0.0');
}

/** `42 s`, `3 min`, `2 h`, `5 d`. */
export function ageText(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 90) return `${s} s`;
  if (s < 90 * 60) return `${Math.floor(s / 60)} min`;
  if (s < 48 * 3600) return `${Math.floor(s / 3600)} h`;
  return `${Math.floor(s / 86_400)} d`;
}

/** `3:12`, `1:02:03`: six figures fit in big type. */
export function takeTime(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = (n: number) => String(n).padStart(2, '0');
  const hours = Math.floor(s / 3600);
  return hours > 0 ? `${hours}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}` : `${Math.floor(s / 60)}:${two(s % 60)}`;
}

/** Channel, 1-based, that a person should look at: most clips, else the loudest held peak; null without channels. */
export function worstChannel(snapshot: Snapshot): number | null {
  let worst: Snapshot['channels'][number] | null = null;
  for (const channel of snapshot.channels) {
    if (
      worst === null ||
      channel.clips > worst.clips ||
      (channel.clips === worst.clips && (channel.holdDbfs ?? -999) > (worst.holdDbfs ?? -999))
    )
      worst = channel;
  }
  return worst === null ? null : worst.index;
}
