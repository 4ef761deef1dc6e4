/**
 * Home Assistant's MQTT discovery: a retained configuration for each entity, under
 * `<prefix>/<component>/<node>/<object>/config`. Pure. Home Assistant documentation, "MQTT" (discovery, binary_sensor, sensor).
 */
import type { Snapshot } from '../monitor/snapshot.ts';
import { SyncWord } from '../monitor/snapshot.ts';
import type { MqttSettings } from './settings.ts';

/** Topics of one box, below its own. */
export const TOPIC = {
  availability: 'availability',
  state: 'state',
  findings: 'findings',
  event: 'event',
  bank: (id: string) => `bank/${id}`,
} as const;
export const ONLINE = 'online';
export const OFFLINE = 'offline';

interface Entity {
  readonly component: 'sensor' | 'binary_sensor';
  readonly object: string;
  readonly name: string;
  readonly topic: string;
  readonly template: string;
  readonly more?: Record<string, unknown>;
}

const onOff = { payload_on: 'ON', payload_off: 'OFF' };
const counter = { state_class: 'total_increasing', entity_category: 'diagnostic' };
const words = { device_class: 'enum' };

function entitiesOf(snapshot: Snapshot): Entity[] {
  const { state, findings } = TOPIC;
  const entities: Entity[] = [
    {
      component: 'binary_sensor',
      object: 'alarm',
      name: 'Alarm',
      topic: state,
      template: "{{ 'ON' if value_json.alarms > 0 else 'OFF' }}",
      more: { device_class: 'problem', ...onOff },
    },
    {
      component: 'sensor',
      object: 'finding',
      name: 'Worst finding',
      topic: state,
      // A state of Home Assistant holds 255 characters.
      template: "{{ value_json.finding[:250] or 'none' }}",
      more: { json_attributes_topic: findings, icon: 'mdi:stethoscope' },
    },
    {
      component: 'sensor',
      object: 'capture',
      name: 'Capture',
      topic: state,
      template: '{{ value_json.capture }}',
      more: {
        ...words,
        options: ['absent', 'opening', 'running', 'stalled', 'faulted', 'released', 'ended'],
        entity_category: 'diagnostic',
      },
    },
    {
      component: 'binary_sensor',
      object: 'take',
      name: 'Take',
      topic: state,
      template: "{{ 'OFF' if value_json.take is none else 'ON' }}",
      more: { ...onOff, device_class: 'running', json_attributes_topic: state },
    },
    {
      component: 'sensor',
      object: 'take_verdict',
      name: 'Take verdict',
      topic: state,
      template: '{{ value_json.takeVerdict }}',
      more: { ...words, options: ['clean', 'suspect', 'notWatched'] },
    },
    {
      component: 'sensor',
      object: 'clips',
      name: 'Clips',
      topic: state,
      template: '{{ value_json.clips }}',
      more: counter,
    },
    {
      component: 'sensor',
      object: 'slips',
      name: 'Slips',
      topic: state,
      template: '{{ value_json.slips }}',
      more: counter,
    },
  ];
  if (snapshot.recorder !== null) {
    entities.push({
      component: 'sensor',
      object: 'recorder_left',
      name: 'Recorder time left',
      topic: state,
      template: '{{ value_json.recorderMinutesLeft }}',
      more: { device_class: 'duration', unit_of_measurement: 'min' },
    });
  }
  for (const bank of snapshot.banks) {
    if (bank.kind === 'analogue' || bank.kind === 'loopback' || bank.kind === 'group') continue;
    const object = bank.id.replaceAll('-', '_');
    const topic = TOPIC.bank(bank.id);
    entities.push(
      {
        component: 'sensor',
        object: `${object}_sync`,
        name: `${bank.name} sync`,
        topic,
        template: '{{ value_json.sync }}',
        more: { ...words, options: SyncWord.enum, json_attributes_topic: topic },
      },
      {
        component: 'sensor',
        object: `${object}_ppm`,
        name: `${bank.name} clock`,
        topic,
        template: '{{ value_json.ppm }}',
        more: { unit_of_measurement: 'ppm', state_class: 'measurement', entity_category: 'diagnostic' },
      },
    );
  }
  return entities;
}

/** Topic -> JSON. Empty without discovery. `pageUrl`: where the phone page is, or null. */
export function discoveryOf(
  settings: Pick<MqttSettings, 'topic' | 'discovery'>,
  snapshot: Snapshot,
  pageUrl: string | null,
): Map<string, string> {
  const found = new Map<string, string>();
  const { topic, discovery } = settings;
  if (discovery === null) return found;
  const node = topic.replaceAll('/', '_');
  for (const { component, object, name, topic: below, template, more } of entitiesOf(snapshot)) {
    const attributes = more?.json_attributes_topic;
    found.set(
      `${discovery}/${component}/${node}/${object}/config`,
      JSON.stringify({
        name,
        unique_id: `${node}_${object}`,
        object_id: `${node}_${object}`,
        state_topic: `${topic}/${below}`,
        value_template: template,
        availability_topic: `${topic}/${TOPIC.availability}`,
        payload_available: ONLINE,
        payload_not_available: OFFLINE,
        ...more,
        ...(attributes === undefined ? {} : { json_attributes_topic: `${topic}/${attributes as string}` }),
        device: {
          identifiers: [node],
          name: topic === 'lightkeeper' ? 'Lightkeeper' : `Lightkeeper ${topic}`,
          manufacturer: 'Lightkeeper',
          model: 'Meters and clock-lock monitor',
          sw_version: snapshot.version,
          ...(pageUrl === null ? {} : { configuration_url: pageUrl }),
        },
        origin: { name: 'lightkeeper', sw_version: snapshot.version },
      }),
    );
  }
  return found;
}
