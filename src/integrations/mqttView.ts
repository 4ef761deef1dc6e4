/** The Snapshot as MQTT topics, and what happens as MQTT events. Bounded: states at most once in `intervalS`, and only changes. */
import { describeEvent } from '../journal/words.ts';
import type { MonitorEvent } from '../monitor/captureMessages.ts';
import type { Snapshot } from '../monitor/snapshot.ts';
import { discoveryOf, ONLINE, TOPIC } from './homeAssistant.ts';
import type { MqttSettings } from './settings.ts';
import { bankState, boxState, findingStates } from './states.ts';

/** Events of one interval; more are only counted in the states. */
export const EVENTS_PER_INTERVAL = 20;

export interface Publisher {
  retain(topic: string, payload: string): void;
  event(topic: string, payload: string): void;
}

/** Every retained topic of the box but its availability, with its payload. Pure. */
export function topicsOf(
  settings: Pick<MqttSettings, 'topic' | 'discovery'>,
  snapshot: Snapshot,
  pageUrl: string | null,
): Map<string, string> {
  const topics = discoveryOf(settings, snapshot, pageUrl);
  const add = (below: string, value: unknown) => topics.set(`${settings.topic}/${below}`, JSON.stringify(value));
  add(TOPIC.state, boxState(snapshot));
  add(TOPIC.findings, findingStates(snapshot));
  for (const bank of snapshot.banks) add(TOPIC.bank(bank.id), bankState(bank));
  return topics;
}

export class MqttView {
  readonly #settings: MqttSettings;
  readonly #publisher: Publisher;
  readonly #pageUrl: () => string | null;
  readonly #nowMs: () => number;
  #snapshot: Snapshot | null = null;
  #toldMs = Number.NEGATIVE_INFINITY;
  #told = new Set<string>();
  #events = 0;

  constructor(parts: {
    readonly settings: MqttSettings;
    readonly publisher: Publisher;
    readonly pageUrl: () => string | null;
    readonly nowMs: () => number;
  }) {
    this.#settings = parts.settings;
    this.#publisher = parts.publisher;
    this.#pageUrl = parts.pageUrl;
    this.#nowMs = parts.nowMs;
    this.#publisher.retain(`${parts.settings.topic}/${TOPIC.availability}`, ONLINE);
  }

  onSnapshot(snapshot: Snapshot): void {
    this.#snapshot = snapshot;
    const nowMs = this.#nowMs();
    if (nowMs - this.#toldMs < this.#settings.intervalS * 1000) return;
    this.#toldMs = nowMs;
    this.#events = 0;
    const topics = topicsOf(this.#settings, snapshot, this.#pageUrl());
    // A bank that is no more takes its entities with it.
    for (const topic of this.#told) if (!topics.has(topic)) this.#publisher.retain(topic, '');
    for (const [topic, payload] of topics) this.#publisher.retain(topic, payload);
    this.#told = new Set(topics.keys());
  }

  onEvent(event: MonitorEvent, wallMs: number): void {
    if (++this.#events > EVENTS_PER_INTERVAL) return;
    const { severity, where, text, detail } = describeEvent(event, this.#snapshot);
    this.#publisher.event(
      `${this.#settings.topic}/${TOPIC.event}`,
      JSON.stringify({
        kind: event.kind,
        severity,
        where,
        text,
        frame: event.frame,
        at: new Date(wallMs).toISOString(),
        detail,
      }),
    );
  }
}
