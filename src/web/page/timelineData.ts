/** What the timeline shows, as the box tells it. */
import type { EventKind, EventMark, JournalEvent, SessionRow, StreamRow, TakeRow } from '../../journal/shapes.ts';
import type { SyncSpan } from '../../journal/timeline.ts';
import { type Answer, request } from './api.ts';
import { codesOf } from './timelineScale.ts';

export interface Overview {
  readonly session: SessionRow;
  readonly streams: readonly StreamRow[];
  readonly takes: readonly TakeRow[];
  readonly spans: readonly SyncSpan[];
  readonly marks: readonly EventMark[];
}

/** Codes of steps x channels: whole dB; -127 digital zero, -128 nothing captured. */
export interface History {
  readonly fromS: number;
  readonly stepS: number;
  readonly steps: number;
  readonly channels: number;
  readonly peak: Int8Array;
  readonly rms: Int8Array;
  readonly low: Int8Array;
}

export interface EvidenceItem {
  readonly id: string;
  readonly bank: string;
  readonly frame: number;
  readonly what: string;
}

export async function loadSessions(): Promise<Answer<{ sessions: SessionRow[] }>> {
  return request('GET', '/api/journal/sessions');
}

export async function loadOverview(session: number, fromMs: number, toMs: number, stepMs: number) {
  const query = `session=${session}&fromMs=${Math.floor(fromMs)}&toMs=${Math.ceil(toMs)}&stepMs=${stepMs}`;
  return request<Overview>('GET', `/api/journal/timeline?${query}`);
}

export async function loadHistory(session: number, fromS: number, toS: number, stepS: number): Promise<History | null> {
  const answer = await request<Omit<History, 'peak' | 'rms' | 'low'> & { peak: string; rms: string; low: string }>(
    'GET',
    `/api/journal/levels?session=${session}&fromS=${fromS}&toS=${toS}&stepS=${stepS}`,
  );
  if (!answer.ok) return null;
  const { peak, rms, low, ...rest } = answer.value;
  return { ...rest, peak: codesOf(peak), rms: codesOf(rms), low: codesOf(low) };
}

export async function loadEvents(
  session: number,
  fromMs: number,
  toMs: number,
  limit: number,
  kind?: EventKind,
): Promise<JournalEvent[]> {
  const only = kind === undefined ? '' : `&kind=${kind}`;
  const answer = await request<{ events: JournalEvent[] }>(
    'GET',
    `/api/journal/events?session=${session}&fromMs=${Math.max(0, Math.floor(fromMs))}&toMs=${Math.ceil(toMs)}&limit=${limit}${only}`,
  );
  return answer.ok ? answer.value.events : [];
}

export async function loadEvidence(): Promise<readonly EvidenceItem[]> {
  const answer = await request<{ evidence: EvidenceItem[] }>('GET', '/api/evidence');
  return answer.ok ? answer.value.evidence : [];
}

/** Kinds that a person looks for: they have a mark. The others stand in the table, or as bands and spans. */
export const MARKED: ReadonlySet<EventKind> = new Set<EventKind>([
  'clip',
  'slip',
  'usbLoss',
  'xrun',
  'clockChange',
  'clockSource',
  'portLock',
  'finding',
  'mark',
  'state',
  'dropped',
]);
