import { describe, expect, it } from 'vitest';
import { defaultConfig } from '../../src/config/defaults.ts';
import { TOPIC } from '../../src/integrations/homeAssistant.ts';
import { EVENTS_PER_INTERVAL, MqttView, topicsOf } from '../../src/integrations/mqttView.ts';
import { FakeMonitor } from '../web/support/fakeMonitor.ts';

const settings = defaultConfig().mqtt;

function rig() {
  const retained = new Map<string, string>();
  const sent: string[] = [];
  const events: string[] = [];
  const now = { ms: 0 };
  const view = new MqttView({
    settings,
    publisher: {
      retain: (topic, payload) => {
        if (retained.get(topic) !== payload) sent.push(topic);
        retained.set(topic, payload);
      },
      event: (topic) => events.push(topic),
    },
    pageUrl: () => 'http://lightkeeper.local:8080',
    nowMs: () => now.ms,
  });
  return { view, retained, sent, events, now };
}

describe("the box's topics", () => {
  const monitor = new FakeMonitor();
  monitor.step();
  const topics = topicsOf(settings, monitor.snapshot(), null);

  it('every entity of the discovery reads a topic that is told, and is unique', () => {
    const discovered = [...topics].filter(([topic]) => topic.startsWith('homeassistant/'));
    expect(discovered.length).toBeGreaterThan(8);
    const ids = new Set<string>();
    for (const [topic, payload] of discovered) {
      expect(topic).toMatch(/^homeassistant\/(sensor|binary_sensor)\/[A-Za-z0-9_-]+\/[A-Za-z0-9_-]+\/config$/);
      const entity = JSON.parse(payload) as Record<string, string>;
      expect(topics.has(entity.state_topic!), entity.state_topic).toBe(true);
      if (entity.json_attributes_topic !== undefined) expect(topics.has(entity.json_attributes_topic)).toBe(true);
      expect(entity.availability_topic).toBe(`lightkeeper/${TOPIC.availability}`);
      ids.add(entity.unique_id!);
    }
    expect(ids.size).toBe(discovered.length);
  });

  it('without discovery only its own topics are told', () => {
    const own = topicsOf({ topic: 'studio/rack', discovery: null }, monitor.snapshot(), null);
    for (const topic of own.keys()) expect(topic.startsWith('studio/rack/')).toBe(true);
  });

  it('levels and time passing change no topic: nothing is sent for them', () => {
    const { view, sent, now } = rig();
    view.onSnapshot(monitor.snapshot());
    sent.length = 0;
    for (let i = 0; i < 20; i++) {
      now.ms += 1000;
      const moving = monitor.snapshot();
      view.onSnapshot({
        ...moving,
        seq: moving.seq + i,
        uptimeMs: moving.uptimeMs + i * 1000,
        channels: moving.channels.map((channel) => ({ ...channel, peakDbfs: -i })),
      });
    }
    expect(sent).toEqual([]);
  });

  it('are told once an interval at most', () => {
    const { view, sent, now } = rig();
    for (let ms = 0; ms < 10_000; ms += 100) {
      now.ms = ms;
      const snapshot = monitor.snapshot();
      view.onSnapshot({ ...snapshot, capture: { ...snapshot.capture, xruns: ms } });
    }
    expect(sent.filter((topic) => topic === 'lightkeeper/state')).toHaveLength(10);
  });

  it('events of one interval are bounded', () => {
    const { view, events, now } = rig();
    view.onSnapshot(monitor.snapshot());
    for (let i = 0; i < 500; i++) view.onEvent({ kind: 'clip', frame: i, channel: 1 }, 0);
    expect(events).toHaveLength(EVENTS_PER_INTERVAL);
    now.ms += 1000;
    view.onSnapshot(monitor.snapshot());
    view.onEvent({ kind: 'clip', frame: 1, channel: 1 }, 0);
    expect(events).toHaveLength(EVENTS_PER_INTERVAL + 1);
  });

  it('a bank that is no more takes its topics and entities away', () => {
    const { view, retained, now } = rig();
    const snapshot = monitor.snapshot();
    view.onSnapshot(snapshot);
    now.ms += 1000;
    view.onSnapshot({ ...snapshot, banks: snapshot.banks.filter(({ id }) => id !== 'adat-a') });
    expect(retained.get('lightkeeper/bank/adat-a')).toBe('');
    expect(retained.get('homeassistant/sensor/lightkeeper/adat_a_sync/config')).toBe('');
    expect(retained.get('homeassistant/sensor/lightkeeper/finding/config')).not.toBe('');
  });
});
