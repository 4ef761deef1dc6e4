/** What the panel shows and does: UiState, and the reducer that gestures and time drive. Pure. */
import { CHECK_KINDS, type CheckKind } from '../checks/check.ts';
import { assertNever } from '../fault.ts';
import type { Snapshot } from '../monitor/snapshot.ts';
import { type Gesture, type GestureInput, type GestureState, initialGestures, stepGestures } from './gestures.ts';
import {
  bankInUse,
  canProveBank,
  causeOf,
  findingsWorstFirst,
  isDigital,
  isQuiet,
  type PanelView,
  worstChannel,
} from './view.ts';

export type Page =
  | { readonly kind: 'overview' }
  /** Eight channels of a bank; `part` counts from 0. */
  | { readonly kind: 'bank'; readonly bank: string; readonly part: number }
  | { readonly kind: 'channel'; readonly index: number }
  /** A row a bank. */
  | { readonly kind: 'sync'; readonly part: number }
  /** One bank's clock in words. */
  | { readonly kind: 'syncBank'; readonly bank: string }
  /** The guided proof of one bank. */
  | { readonly kind: 'prove'; readonly bank: string }
  /** cause null: there is none to show. */
  | { readonly kind: 'finding'; readonly cause: string | null }
  | { readonly kind: 'patch'; readonly bank: string; readonly part: number }
  /** A guided check, and where it is begun. */
  | { readonly kind: 'check'; readonly check: CheckKind }
  /** The take that runs, and where one is begun and ended. */
  | { readonly kind: 'take' }
  | { readonly kind: 'network' }
  | { readonly kind: 'system' };

export type Light = 'bright' | 'dim' | 'off';

/** What the panel asks the program to do. */
export type UiCommand =
  /** Clip latches, counters, maxima. `undoClear` within UNDO_MS brings them back, with what was added since. */
  | { readonly kind: 'clear' }
  | { readonly kind: 'undoClear' }
  | { readonly kind: 'acknowledge'; readonly cause: string }
  /** Begin a guided check, go on with it, or end it. */
  | { readonly kind: 'check'; readonly check: CheckKind; readonly step: 'start' | 'next' | 'end' }
  /** Begin a take, or end the one that runs. */
  | { readonly kind: 'markTake' }
  /** Begin, or give up, the guided proof of a bank. */
  | { readonly kind: 'prove'; readonly bank: string }
  | { readonly kind: 'endProof' }
  | { readonly kind: 'light'; readonly light: Light }
  /** The page to boot to next time, by `pageName`. */
  | { readonly kind: 'remember'; readonly page: string }
  | { readonly kind: 'buttonStuck'; readonly button: 'A' | 'B' | 'C' | 'D'; readonly stuck: boolean };

export const DIM_AFTER_MS = 120_000;
export const OFF_AFTER_MS = 15 * 60_000;
export const TAKE_OVER_MS = 5000;
export const UNDO_MS = 5000;
/** A cause that was away for so long takes over again. */
export const FORGET_CAUSE_MS = 60_000;
/** Rows of banks on one Sync page. */
export const SYNC_ROWS = 4;
export const BANK_COLUMNS = 8;
export const PATCH_CHANNELS = 8;

export interface UiState {
  readonly page: Page;
  readonly gestures: GestureState;
  readonly light: Light;
  /** Last press or new finding. */
  readonly attentionMs: number;
  /** Last time that any channel had signal. */
  readonly signalMs: number;
  /** A finding that fills the panel for TAKE_OVER_MS. */
  readonly takeOver: { readonly cause: string; readonly sinceMs: number } | null;
  /** Causes that have had their take-over. */
  readonly shown: readonly { readonly cause: string; readonly lastMs: number }[];
  readonly acknowledged: readonly string[];
  /** A clear that can still be undone. */
  readonly clearedMs: number | null;
  /** When each bank was last seen in sync. */
  readonly lastSyncMs: Readonly<Record<string, number>>;
  /** snapshot.seq that was last worked in. */
  readonly seq: number;
}

export function initialUi(nowMs: number, page: Page = { kind: 'overview' }): UiState {
  return {
    page,
    gestures: initialGestures(),
    light: 'bright',
    attentionMs: nowMs,
    signalMs: nowMs,
    takeOver: null,
    shown: [],
    acknowledged: [],
    clearedMs: null,
    lastSyncMs: {},
    seq: -1,
  };
}

/** The pages that A and B step through, in order. */
export function pageRing(view: PanelView): Page[] {
  const { snapshot } = view;
  const ring: Page[] = [{ kind: 'overview' }];
  for (const bank of snapshot.banks) {
    for (let part = 0; part * BANK_COLUMNS < bank.channels.length; part++)
      ring.push({ kind: 'bank', bank: bank.id, part });
  }
  const clocked = syncBanks(snapshot);
  for (let part = 0; part === 0 || part * SYNC_ROWS < clocked.length; part++) ring.push({ kind: 'sync', part });
  for (const bank of clocked) {
    if (!bankInUse(bank, snapshot)) continue;
    ring.push({ kind: 'syncBank', bank: bank.id });
    // Where there is a word nobody needs a proof; one that runs, or ran last, keeps its page.
    if (canProveBank(view, bank) && (bank.sync === 'unknown' || snapshot.prove?.bank === bank.id))
      ring.push({ kind: 'prove', bank: bank.id });
  }
  const findings = findingsWorstFirst(snapshot);
  if (findings.length === 0) ring.push({ kind: 'finding', cause: null });
  for (const finding of findings) ring.push({ kind: 'finding', cause: causeOf(finding) });
  for (const bank of snapshot.banks) {
    for (let part = 0; part * PATCH_CHANNELS < bank.channels.length; part++)
      ring.push({ kind: 'patch', bank: bank.id, part });
  }
  for (const check of CHECK_KINDS) ring.push({ kind: 'check', check });
  ring.push({ kind: 'network' }, { kind: 'system' }, { kind: 'take' });
  return ring;
}

/** Banks with a row on the Sync page. */
export function syncBanks(snapshot: Snapshot): Snapshot['banks'] {
  return snapshot.banks.filter(isDigital);
}

export function samePage(a: Page, b: Page): boolean {
  return pageName(a) === pageName(b);
}

/** A stable name: `overview`, `bank adat-a 0`. `pageFromName` reads it back. */
export function pageName(page: Page): string {
  switch (page.kind) {
    case 'overview':
    case 'network':
    case 'system':
    case 'take':
      return page.kind;
    case 'bank':
    case 'patch':
      return `${page.kind} ${page.bank} ${page.part}`;
    case 'sync':
      return `sync ${page.part}`;
    case 'syncBank':
    case 'prove':
      return `${page.kind} ${page.bank}`;
    case 'check':
      return `check ${page.check}`;
    case 'channel':
      return `channel ${page.index}`;
    case 'finding':
      return `finding ${page.cause ?? ''}`;
    default:
      return assertNever(page);
  }
}

/** The page of that name, or overview: names come from disk and from the network. */
export function pageFromName(name: string): Page {
  const [kind, first = '', second = ''] = name.split(' ');
  const number = (text: string) => (/^\d{1,3}$/.test(text) ? Number(text) : 0);
  if (kind === 'network' || kind === 'system' || kind === 'take') return { kind };
  if (kind === 'bank' || kind === 'patch') return { kind, bank: first, part: number(second) };
  if (kind === 'sync') return { kind, part: number(first) };
  if (kind === 'syncBank' || kind === 'prove') return { kind, bank: first };
  if (kind === 'check') return { kind, check: CHECK_KINDS.find((one) => one === first) ?? 'line' };
  if (kind === 'channel') return { kind, index: Math.max(1, number(first)) };
  if (kind === 'finding') {
    const cause = name.slice('finding '.length);
    return { kind, cause: cause === '' ? null : cause };
  }
  return { kind: 'overview' };
}

/** The page itself while it exists, else the nearest of its kind, else overview. */
export function existingPage(page: Page, view: PanelView): Page {
  if (page.kind === 'channel') return page.index <= view.snapshot.channels.length ? page : { kind: 'overview' };
  const ring = pageRing(view);
  const same = ring.find((other) => samePage(other, page));
  if (same !== undefined) return same;
  if (page.kind === 'prove') return existingPage({ kind: 'syncBank', bank: page.bank }, view);
  return ring.find((other) => other.kind === page.kind) ?? { kind: 'overview' };
}

export interface UiStep {
  readonly ui: UiState;
  readonly commands: readonly UiCommand[];
}

/** Edges and ticks from buttons; or a gesture as such, from the phone's mirror of the panel. */
export type UiInput = GestureInput | { readonly kind: 'gesture'; readonly gesture: Gesture; readonly timeMs: number };

export function reduceUi(before: UiState, input: UiInput, view: PanelView): UiStep {
  const nowMs = input.kind === 'edge' ? input.edge.timeMs : input.timeMs;
  const commands: UiCommand[] = [];
  let ui = before;
  let gestures: readonly Gesture[];
  if (input.kind === 'gesture') gestures = ui.light === 'bright' ? [input.gesture] : [{ kind: 'wake' }];
  else {
    const step = stepGestures(ui.gestures, input, ui.light !== 'bright');
    gestures = step.gestures;
    ui = { ...ui, gestures: step.state };
    if (input.kind === 'edge') ui = { ...ui, attentionMs: nowMs };
  }
  for (const gesture of gestures) {
    ui = onGesture({ ...ui, attentionMs: nowMs }, gesture, view, nowMs, commands);
  }
  ui = onTime(ui, view, nowMs);
  if (ui.light !== before.light) commands.push({ kind: 'light', light: ui.light });
  if (!samePage(ui.page, before.page)) {
    if (before.page.kind === 'prove') commands.push({ kind: 'endProof' });
    if (ui.page.kind === 'prove') commands.push({ kind: 'prove', bank: ui.page.bank });
    if (ui.page.kind !== 'channel' && ui.page.kind !== 'prove')
      commands.push({ kind: 'remember', page: pageName(ui.page) });
  }
  return { ui, commands };
}

function onGesture(ui: UiState, gesture: Gesture, view: PanelView, nowMs: number, commands: UiCommand[]): UiState {
  switch (gesture.kind) {
    case 'wake':
      return ui;
    case 'stuck':
    case 'freed':
      commands.push({ kind: 'buttonStuck', button: gesture.button, stuck: gesture.kind === 'stuck' });
      return ui;
    case 'chord':
      return { ...ui, page: { kind: 'overview' }, takeOver: null };
    case 'chordLong':
      return { ...ui, page: { kind: 'network' }, takeOver: null };
    case 'short':
      if (ui.clearedMs !== null && gesture.button === 'A') {
        commands.push({ kind: 'undoClear' });
        return { ...ui, clearedMs: null };
      }
      if (ui.takeOver !== null) {
        const cause = ui.takeOver.cause;
        if (gesture.button === 'B' || gesture.button === 'D')
          return { ...ui, takeOver: null, page: { kind: 'finding', cause } };
        return acknowledged({ ...ui, takeOver: null }, cause, commands);
      }
      if (gesture.button === 'C') return acknowledgeShown(ui, view, commands);
      if (gesture.button === 'D') return { ...ui, page: { kind: 'overview' } };
      return { ...ui, page: neighbour(ui.page, view, gesture.button === 'A' ? -1 : 1) };
    case 'long':
      if (gesture.button === 'A') {
        if (ui.takeOver !== null) return acknowledged({ ...ui, takeOver: null }, ui.takeOver.cause, commands);
        if (ui.page.kind === 'finding' && ui.page.cause !== null && !ui.acknowledged.includes(ui.page.cause))
          return acknowledged(ui, ui.page.cause, commands);
        if (ui.page.kind === 'take') {
          commands.push({ kind: 'markTake' });
          return ui;
        }
        if (ui.page.kind === 'prove') {
          commands.push({ kind: 'prove', bank: ui.page.bank });
          return ui;
        }
        if (ui.page.kind === 'check') {
          commands.push({ kind: 'check', check: ui.page.check, step: checkStep(ui.page.check, view) });
          return ui;
        }
        commands.push({ kind: 'clear' });
        return { ...ui, clearedMs: nowMs };
      }
      if (gesture.button === 'B') {
        const index = worstChannel(view.snapshot);
        return index === null ? ui : { ...ui, takeOver: null, page: { kind: 'channel', index } };
      }
      if (gesture.button === 'C') return { ...ui, takeOver: null, page: { kind: 'sync', part: 0 } };
      return { ...ui, takeOver: null, page: { kind: 'network' } };
    default:
      return assertNever(gesture);
  }
}

/** What a held button does on the page of a check. */
function checkStep(check: CheckKind, view: PanelView): 'start' | 'next' | 'end' {
  const running = view.snapshot.check?.kind === check && view.snapshot.check.state === 'running';
  if (!running) return 'start';
  return check === 'hum' || check === 'noise' ? 'end' : 'next';
}

function acknowledged(ui: UiState, cause: string, commands: UiCommand[]): UiState {
  commands.push({ kind: 'acknowledge', cause });
  return { ...ui, acknowledged: [...ui.acknowledged.filter((other) => other !== cause), cause] };
}

/** C acknowledges the finding on the page, else all that stand. */
function acknowledgeShown(ui: UiState, view: PanelView, commands: UiCommand[]): UiState {
  const page = existingPage(ui.page, view);
  if (page.kind === 'finding' && page.cause !== null) return acknowledged(ui, page.cause, commands);
  let next = ui;
  for (const finding of findingsWorstFirst(view.snapshot)) {
    const cause = causeOf(finding);
    if (!isQuiet(finding, next.acknowledged)) next = acknowledged(next, cause, commands);
  }
  return next;
}

function neighbour(from: Page, view: PanelView, step: -1 | 1): Page {
  if (from.kind === 'channel') {
    const count = view.snapshot.channels.length;
    if (count === 0) return { kind: 'overview' };
    return { kind: 'channel', index: ((from.index - 1 + step + count) % count) + 1 };
  }
  const ring = pageRing(view);
  const at = ring.findIndex((page) => samePage(page, existingPage(from, view)));
  return ring[(Math.max(0, at) + step + ring.length) % ring.length]!;
}

/** Is anything to be heard: any channel that is neither digital zero, frozen, nor at its noise floor. */
function hasSignal(snapshot: Snapshot): boolean {
  return snapshot.capture.state === 'running' && snapshot.channels.some((channel) => channel.silence === 'none');
}

function onTime(before: UiState, view: PanelView, nowMs: number): UiState {
  let ui = before;
  const { snapshot } = view;
  // A clock that jumped back must not leave times in the future.
  if (ui.attentionMs > nowMs + 1000 || ui.signalMs > nowMs + 1000)
    ui = { ...ui, attentionMs: nowMs, signalMs: nowMs, takeOver: null, clearedMs: null };
  if (ui.clearedMs !== null && nowMs - ui.clearedMs >= UNDO_MS) ui = { ...ui, clearedMs: null };
  if (ui.takeOver !== null && nowMs - ui.takeOver.sinceMs >= TAKE_OVER_MS) ui = { ...ui, takeOver: null };
  if (hasSignal(snapshot)) ui = { ...ui, signalMs: nowMs, attentionMs: ui.light === 'off' ? nowMs : ui.attentionMs };
  if (snapshot.seq !== ui.seq) ui = onSnapshot(ui, snapshot, nowMs);
  if (ui.takeOver === null) ui = nextTakeOver(ui, snapshot, nowMs);
  return { ...ui, light: lightOf(ui, view, nowMs) };
}

function onSnapshot(ui: UiState, snapshot: Snapshot, nowMs: number): UiState {
  const standing = new Set(snapshot.findings.map(causeOf));
  // What somebody has taken note of on the page needs no screen of its own any more.
  const loud = new Set(snapshot.findings.filter((finding) => finding.acknowledged !== true).map(causeOf));
  const lastSyncMs: Record<string, number> = { ...ui.lastSyncMs };
  for (const bank of snapshot.banks) if (bank.sync === 'sync') lastSyncMs[bank.id] = nowMs;
  return {
    ...ui,
    seq: snapshot.seq,
    lastSyncMs,
    shown: ui.shown
      .map((entry) => (standing.has(entry.cause) ? { cause: entry.cause, lastMs: nowMs } : entry))
      .filter((entry) => nowMs - entry.lastMs < FORGET_CAUSE_MS),
    acknowledged: ui.acknowledged.filter(
      (cause) =>
        standing.has(cause) ||
        ui.shown.some((entry) => entry.cause === cause && nowMs - entry.lastMs < FORGET_CAUSE_MS),
    ),
    takeOver: ui.takeOver !== null && !loud.has(ui.takeOver.cause) ? null : ui.takeOver,
  };
}

function nextTakeOver(ui: UiState, snapshot: Snapshot, nowMs: number): UiState {
  for (const finding of findingsWorstFirst(snapshot)) {
    const cause = causeOf(finding);
    if (finding.severity !== 'alarm' || isQuiet(finding, ui.acknowledged)) continue;
    if (ui.shown.some((entry) => entry.cause === cause)) continue;
    return {
      ...ui,
      takeOver: { cause, sinceMs: nowMs },
      shown: [...ui.shown, { cause, lastMs: nowMs }],
      attentionMs: nowMs,
    };
  }
  return ui;
}

function lightOf(ui: UiState, view: PanelView, nowMs: number): Light {
  const idleMs = nowMs - ui.attentionMs;
  if (idleMs < DIM_AFTER_MS) return 'bright';
  const alarm = view.snapshot.findings.some((finding) => finding.severity === 'alarm');
  const state = view.snapshot.capture.state;
  if (view.takeRunning || alarm || state === 'stalled' || state === 'faulted') return 'dim';
  return idleMs >= OFF_AFTER_MS && nowMs - ui.signalMs >= OFF_AFTER_MS ? 'off' : 'dim';
}
