/** docs/integrations.md, written from the code and a monitor of the tests: `npm run docs:integrations`. */
import { defaultConfig } from '../../src/config/defaults.ts';
import { OFFLINE, ONLINE, TOPIC } from '../../src/integrations/homeAssistant.ts';
import { EVENTS, TOPICS } from '../../src/integrations/mqttClient.ts';
import { EVENTS_PER_INTERVAL, topicsOf } from '../../src/integrations/mqttView.ts';
import { COMMANDS_PER_S } from '../../src/integrations/oscDoor.ts';
import { OSC_IN, OSC_OUT, ROOT } from '../../src/integrations/oscView.ts';
import { FINDINGS_TOLD } from '../../src/integrations/states.ts';
import { alarmBody, TRIES, WAITING } from '../../src/integrations/webhook.ts';
import { describeEvent } from '../../src/journal/words.ts';
import { FakeMonitor } from '../web/support/fakeMonitor.ts';

const json = (value: unknown) => ['```json', JSON.stringify(value, null, 2), '```'];
const cell = (text: string) => text.replaceAll('|', '\\|');
const table = (head: readonly string[], rows: readonly (readonly string[])[]) => [
  `| ${head.join(' | ')} |`,
  `|${head.map(() => '---').join('|')}|`,
  ...rows.map((row) => `| ${row.map(cell).join(' | ')} |`),
];

export function integrationsMarkdown(): string {
  const settings = defaultConfig().mqtt;
  const monitor = new FakeMonitor();
  for (let i = 0; i < 40; i++) monitor.step();
  const snapshot = monitor.snapshot();
  const topics = topicsOf(settings, snapshot, 'http://192.168.1.23:8080');
  const own = (below: string) => JSON.parse(topics.get(`${settings.topic}/${below}`)!) as unknown;
  const entities = [...topics]
    .filter(([topic]) => topic.endsWith('/config'))
    .map(([topic, payload]) => ({ topic, entity: JSON.parse(payload) as Record<string, string> }));
  const bank = snapshot.banks.find(({ kind }) => kind === 'adat')!;
  const slip = { kind: 'slip', frame: 288_000, bank: bank.id, slipKind: 'drop', frames: 1 } as const;
  const { severity, where, text, detail } = describeEvent(slip, snapshot);
  const alarm = {
    code: 'bank-slips',
    severity: 'alarm',
    where: bank.name,
    symptom: 'ADAT A is locked but not in sync.',
    cause: 'The expander runs on its own clock.',
    fix: 'Set its clock source to ADAT.',
    confidence: 'high',
    sinceMs: 61_000,
  } as const;
  return `${[
    '# Other programs: MQTT, OSC, webhook',
    '',
    '<!-- Made by `npm run docs:integrations`; do not edit. -->',
    '',
    'All three are off until an address or a port is given, under Settings or in [config.md](config.md). They only look on:',
    'what they tell comes from the same snapshot as the page and the panel. A broker or receiver that is not there is told',
    'by one finding for as long as it lasts; metering, verdicts and journal go on without it. Passwords, the key and the',
    'address of the webhook are never shown again: the page, the API and an export have asterisks in their place, and',
    'asterisks that are sent back mean "as it was".',
    '',
    '## MQTT',
    '',
    `MQTT 3.1.1. Topics begin with \`mqtt.topic\` (here \`${settings.topic}\`); give each box its own. States are retained, and`,
    `sent when they change, at most once in \`mqtt.intervalS\` (${settings.intervalS} s). Levels are not sent. After a broker was away all is`,
    `told anew. At most ${TOPICS} topics, each with its newest value only; at most ${EVENTS} events wait (the oldest go first) and`,
    `${EVENTS_PER_INTERVAL} are sent in an interval. The broker is tried again after 1, 2, 4 ... 60 s. With \`mqtt.tls\` the certificate must be`,
    "one that the system trusts; a studio's own authority is named in the environment of the service: NODE_EXTRA_CA_CERTS.",
    '',
    `### ${settings.topic}/${TOPIC.availability}`,
    '',
    `\`${ONLINE}\`, or \`${OFFLINE}\`: said by the box when it ends, by the broker (last will) when the box is gone without a word.`,
    '',
    `### ${settings.topic}/${TOPIC.state}`,
    '',
    ...json(own(TOPIC.state)),
    '',
    `### ${settings.topic}/${TOPIC.bank('<id>')}`,
    '',
    ...json(own(TOPIC.bank(bank.id))),
    '',
    `### ${settings.topic}/${TOPIC.findings}`,
    '',
    `The first ${FINDINGS_TOLD}; \`count\` counts all.`,
    '',
    ...json({ count: 1, findings: [{ ...alarm, sinceMs: undefined, acknowledged: false }] }),
    '',
    `### ${settings.topic}/${TOPIC.event}`,
    '',
    'Each clip, slip, loss and switch, when it happens; not retained.',
    '',
    ...json({ kind: slip.kind, severity, where, text, frame: slip.frame, at: '2026-03-01T19:04:05.678Z', detail }),
    '',
    '### Home Assistant',
    '',
    'Home Assistant finds the box by itself when both use the same broker: Settings, Devices & services, MQTT. Entities, with',
    'an interface that has one ADAT and one S/PDIF port:',
    '',
    ...table(
      ['Entity', 'Name', 'Topic', 'Value'],
      entities.map(({ topic, entity }) => [
        `\`${topic.split('/')[1]}.${entity.object_id}\``,
        entity.name!,
        `\`${entity.state_topic}\``,
        `\`${entity.value_template}\``,
      ]),
    ),
    '',
    `The discovery of one of them, retained at \`${entities[0]!.topic}\`:`,
    '',
    ...json(entities[0]!.entity),
    '',
    'A red lamp in the control room while something is wrong, as an automation:',
    '',
    '```yaml',
    'alias: Red lamp while the recording is in danger',
    'triggers:',
    '  - trigger: state',
    '    entity_id: binary_sensor.lightkeeper_alarm',
    'actions:',
    "  - action: \"light.turn_{{ 'on' if trigger.to_state.state == 'on' else 'off' }}\"",
    '    target:',
    '      entity_id: light.control_room_red',
    'mode: restart',
    '```',
    '',
    '## OSC',
    '',
    'OSC 1.0 over UDP. What is sent goes to `osc.sendTo`, port `osc.sendPort`, in bundles that fit a network packet:',
    'levels `osc.levelsPerS` times a second, a state when it changes, and all states again every 5 s, for receivers that come',
    'late. A receiver that is off costs nothing. To look at it: `oscdump 9000` (Debian package liblo-tools).',
    '',
    ...table(
      ['Sent', 'Arguments', 'Meaning'],
      OSC_OUT.map(([address, args, meaning]) => [`\`${ROOT}${address}\``, `\`${args}\``, meaning]),
    ),
    '',
    'Commands are taken on UDP port `osc.listenPort`, from this machine only until `osc.listenOn` is `0.0.0.0`. **OSC has no',
    'password**: whoever reaches the port can mark takes and clear meters (nothing else), so name the controllers in',
    `\`osc.allowFrom\`. At most ${COMMANDS_PER_S} commands a second are obeyed. A single argument 0 or false is the release of a button and`,
    'does nothing.',
    '',
    ...table(
      ['Command', 'Arguments', 'Meaning'],
      OSC_IN.map(([address, args, meaning]) => [`\`${ROOT}${address}\``, args === '' ? '' : `\`${args}\``, meaning]),
    ),
    '',
    '    oscsend lightkeeper.local 9001 /lightkeeper/take/start s "Verse 1"',
    '    oscsend lightkeeper.local 9001 /lightkeeper/take/stop',
    '',
    '### Companion and Stream Deck',
    '',
    'In Bitfocus Companion add the connection "Generic: OSC", with the address of the box and the port of `osc.listenPort` as',
    'target, and the port of `osc.sendPort` as the one to listen on (and the address of the computer with Companion as',
    '`osc.sendTo`). A button that begins and ends takes: action "Send message without arguments", path',
    `\`${ROOT}/take/toggle\`. A button that is red while a take runs: feedback "Listen for OSC messages (Integer)", path`,
    `\`${ROOT}/take\`, value 1. A button that is red on an alarm: the same with \`${ROOT}/alarms\`, greater than 0; pressing it sends`,
    `\`${ROOT}/acknowledge\`. Reaper, QLab, TouchOSC and other controllers send the same addresses.`,
    '',
    '## Webhook',
    '',
    'Each alarm is sent by POST as JSON to `webhook.url`, once a cause: as long as it stands, and when it was away for less',
    'than a minute, it is not sent again. What somebody has acknowledged already is not sent. Redirects are not followed.',
    '',
    ...json(JSON.parse(alarmBody('5b3c9a10-1', alarm, snapshot, Date.UTC(2026, 2, 1, 19, 4, 5))) as unknown),
    '',
    `A receiver that can not be reached, takes longer than 10 s, or answers 408, 425, 429 or 5xx is tried again after 1, 2, 4`,
    `... 60 s, ${TRIES} times in all; any other answer but 2xx gives the alarm up. At most ${WAITING} wait, the oldest go first. \`id\`, also the`,
    'header `x-lightkeeper-delivery`, is the same for every try: a receiver whose answer was lost sees by it that it has the',
    'alarm already. What waits is not kept over a restart of the box.',
    '',
    'With `webhook.secret` the header `x-lightkeeper-signature` is `sha256=` and the HMAC-SHA-256, in hexadecimal, of the',
    'header `x-lightkeeper-timestamp` (seconds since 1970), a full stop and the body. Make it anew with the same key, compare,',
    'and refuse old timestamps.',
  ].join('\n')}\n`;
}
