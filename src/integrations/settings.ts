/**
 * Settings of the integrations: MQTT, OSC and the webhook. Each stands as a flat group in the configuration, so that the
 * page's form shows it as it is. All three are off until an address or a port is given.
 */
import { type Static, type TSchema, Type } from 'typebox';

const anew = { 'x-rebuilds': 'integrations' } as const;
/** Never shown again once it was saved: not by the API, not in an export, not in the log. */
const secret = { 'x-secret': true } as const;
const Off = <T extends TSchema>(type: T, more: Record<string, unknown>) =>
  Type.Union([Type.Null(), type], { default: null, 'x-null': 'off', ...more, ...anew });
const Host = Type.String({ minLength: 1, maxLength: 253, pattern: '^[A-Za-z0-9_.:-]+$' });
const Port = Type.Integer({ minimum: 1, maximum: 65535 });

export const MqttSettings = Type.Object(
  {
    host: Off(Host, { description: 'Name or address of the MQTT broker; null: no MQTT.' }),
    port: Type.Integer({
      minimum: 1,
      maximum: 65535,
      default: 1883,
      description: 'TCP port of the broker; 8883 with TLS.',
      ...anew,
    }),
    tls: Type.Boolean({
      default: false,
      description: "TLS, the broker's certificate checked against the system's.",
      ...anew,
    }),
    username: Type.Union([Type.Null(), Type.String({ minLength: 1, maxLength: 128 })], {
      default: null,
      'x-null': 'none',
      description: 'User at the broker; null: none.',
      ...anew,
    }),
    password: Type.Union([Type.Null(), Type.String({ minLength: 1, maxLength: 256 })], {
      default: null,
      'x-null': 'none',
      description: 'Password at the broker; null: none. Not shown again.',
      ...secret,
      ...anew,
    }),
    topic: Type.String({
      pattern: '^[A-Za-z0-9_-]{1,32}(/[A-Za-z0-9_-]{1,32}){0,3}$',
      default: 'lightkeeper',
      description: 'Topics begin with it; another one for each box.',
      ...anew,
    }),
    discovery: Type.Union([Type.Null(), Type.String({ pattern: '^[A-Za-z0-9_-]{1,32}$' })], {
      default: 'homeassistant',
      'x-null': 'off',
      description: "Home Assistant's discovery prefix; null: no discovery.",
      ...anew,
    }),
    intervalS: Type.Number({
      minimum: 0.5,
      maximum: 60,
      default: 1,
      description: 'States are sent this often at most, s, and only when they change.',
      ...anew,
    }),
  },
  { additionalProperties: false, default: {} },
);
export type MqttSettings = Static<typeof MqttSettings>;

export const OscSettings = Type.Object(
  {
    sendTo: Off(Host, { description: 'Name or address that OSC messages are sent to; null: none are sent.' }),
    sendPort: Type.Integer({
      minimum: 1,
      maximum: 65535,
      default: 9000,
      description: 'UDP port that they are sent to.',
      ...anew,
    }),
    levelsPerS: Type.Integer({
      minimum: 0,
      maximum: 30,
      default: 10,
      description: 'Level messages a second; 0: no levels. States are sent as often at most.',
      ...anew,
    }),
    listenPort: Off(Port, { description: 'UDP port for OSC commands; null: none are taken.' }),
    listenOn: Type.String({
      minLength: 1,
      maxLength: 64,
      default: '127.0.0.1',
      description: 'Address for commands; 0.0.0.0 takes them from the LAN. OSC has no password.',
      ...anew,
    }),
    allowFrom: Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
      maxItems: 16,
      default: [],
      description: 'Addresses that may send commands; empty: all that reach the port.',
      ...anew,
    }),
  },
  { additionalProperties: false, default: {} },
);
export type OscSettings = Static<typeof OscSettings>;

export const WebhookSettings = Type.Object(
  {
    url: Off(Type.String({ maxLength: 512, pattern: '^https?://[^\\s]+$' }), {
      description:
        'Address that each alarm is sent to by POST; null: none. Not shown again: such addresses often are keys.',
      ...secret,
    }),
    secret: Type.Union([Type.Null(), Type.String({ minLength: 8, maxLength: 256 })], {
      default: null,
      'x-null': 'none',
      description: 'Key of the signature, HMAC SHA-256; null: not signed. Not shown again.',
      ...secret,
      ...anew,
    }),
  },
  { additionalProperties: false, default: {} },
);
export type WebhookSettings = Static<typeof WebhookSettings>;

export interface IntegrationSettings {
  readonly mqtt: MqttSettings;
  readonly osc: OscSettings;
  readonly webhook: WebhookSettings;
}
