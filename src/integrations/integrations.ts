/**
 * The room's own wiring: one MQTT client, one OSC sender and listener, one webhook, as the settings say. All are views of
 * the Snapshot and of what happens; OSC commands go back through the same doors as the page's. A broker or receiver that
 * is not there is told by a finding, and disturbs nothing.
 */
import { createHash, randomUUID } from 'node:crypto';
import { assertNever, bad, type Fault, type Outcome } from '../fault.ts';
import type { MonitorEvent } from '../monitor/captureMessages.ts';
import type { LevelFrame } from '../monitor/levels.ts';
import type { Finding, Snapshot } from '../monitor/snapshot.ts';
import { AlarmWatch } from './alarmWatch.ts';
import { OFFLINE, TOPIC } from './homeAssistant.ts';
import { MqttClient, type MqttState } from './mqttClient.ts';
import { MqttView } from './mqttView.ts';
import { OscListener, OscSender } from './oscDoor.ts';
import type { OscSend } from './oscPackets.ts';
import { levelMessages, type OscCommand, PeakHold, stateMessages } from './oscView.ts';
import type { IntegrationSettings } from './settings.ts';
import { alarmBody, Webhook } from './webhook.ts';

/** All states are told again this often: UDP loses some, and receivers come late. */
const TELL_ALL_MS = 5000;
/** States a second with levels off. */
const STATES_PER_S = 2;

/** What OSC may do: the same doors that the page has. */
export interface OscActions {
  readonly takeRuns: () => boolean;
  /** null ends the take; '' is `Take n`. */
  readonly markTake: (name: string | null) => Outcome<null>;
  readonly mark: (name: string) => void;
  readonly clear: (channels?: readonly number[]) => void;
  readonly acknowledge: (code: string, where: string | null) => Outcome<null>;
}

export interface IntegrationsParts {
  readonly settings: IntegrationSettings;
  readonly snapshot: () => Snapshot;
  /** The levels since the last call, taken from the board where nobody else took them. */
  readonly levels: () => LevelFrame;
  readonly actions: OscActions;
  readonly pageUrl: () => string | null;
  readonly uptimeMs: () => number;
  readonly wallMs: () => number;
  /** Tells two boxes with the same settings apart at the broker. */
  readonly hostName: string;
  readonly log: { info(code: string, text: string): void; warn(code: string, text: string): void };
}

export class Integrations {
  readonly #parts: IntegrationsParts;
  #settings: IntegrationSettings;
  #mqtt: {
    readonly client: MqttClient;
    readonly view: MqttView;
    readonly offline: { topic: string; payload: string };
  } | null = null;
  #mqttState: MqttState | null = null;
  #sender: OscSender | null = null;
  #listener: OscListener | null = null;
  #oscTimer: NodeJS.Timeout | null = null;
  #webhook: Webhook | null = null;
  #alarms = new AlarmWatch();
  #peaks = new PeakHold();
  #oscTold = new Map<string, string>();
  #oscToldAllMs = Number.NEGATIVE_INFINITY;
  #nextName: string | null = null;
  readonly #run = randomUUID().slice(0, 8);
  #deliveries = 0;
  /** Since when each finding of this room stands. */
  readonly #since = new Map<string, number>();

  constructor(parts: IntegrationsParts) {
    this.#parts = parts;
    this.#settings = parts.settings;
  }

  start(): void {
    const { mqtt, osc, webhook } = this.#settings;
    if (mqtt.host !== null) this.#startMqtt(mqtt.host);
    if (osc.sendTo !== null) {
      this.#sender = new OscSender(osc.sendTo, osc.sendPort);
      const perS = osc.levelsPerS === 0 ? STATES_PER_S : osc.levelsPerS;
      this.#oscTimer = setInterval(() => this.#sendOsc(), 1000 / perS);
    }
    if (osc.listenPort !== null) {
      this.#listener = new OscListener({
        port: osc.listenPort,
        address: osc.listenOn,
        allowFrom: osc.allowFrom,
        nowMs: this.#parts.uptimeMs,
        onCommand: (command) => this.#obey(command),
      });
      this.#listener.start();
    }
    if (webhook.url !== null) {
      this.#webhook = new Webhook({ url: webhook.url, secret: webhook.secret, wallMs: this.#parts.wallMs });
    }
  }

  async stop(): Promise<void> {
    if (this.#oscTimer !== null) clearInterval(this.#oscTimer);
    this.#oscTimer = null;
    this.#sender?.stop();
    this.#listener?.stop();
    this.#webhook?.stop();
    const mqtt = this.#mqtt;
    this.#sender = null;
    this.#listener = null;
    this.#webhook = null;
    this.#mqtt = null;
    this.#mqttState = null;
    await mqtt?.client.stop(mqtt.offline);
  }

  /** Builds anew when the settings are others. */
  async reconfigure(settings: IntegrationSettings): Promise<void> {
    const part = ({ mqtt, osc, webhook }: IntegrationSettings) => JSON.stringify([mqtt, osc, webhook]);
    if (part(settings) === part(this.#settings)) return;
    await this.stop();
    this.#settings = settings;
    this.#since.clear();
    this.#oscTold.clear();
    this.start();
    this.onSnapshot(this.#parts.snapshot());
  }

  #startMqtt(host: string): void {
    const { mqtt } = this.#settings;
    const offline = { topic: `${mqtt.topic}/${TOPIC.availability}`, payload: OFFLINE };
    const who = createHash('sha256').update(`${this.#parts.hostName} ${mqtt.topic}`).digest('hex').slice(0, 12);
    const client = new MqttClient({
      host,
      port: mqtt.port,
      tls: mqtt.tls,
      // 3.1.3.1: every broker takes 23 letters and digits.
      hello: { clientId: `lightkeeper${who}`, username: mqtt.username, password: mqtt.password, will: offline },
      onState: (state) => {
        const before = this.#mqttState;
        // Trying again and failing again is no news.
        if (state.kind === 'connecting' && before?.kind === 'waiting') return;
        this.#mqttState = state;
        if (state.kind === 'connected') this.#parts.log.info('mqtt-connected', `MQTT: ${host} has taken us.`);
        else if (state.kind === 'waiting' && before?.kind !== 'waiting') {
          this.#parts.log.warn(
            'mqtt-lost',
            `MQTT: ${host} ${state.why === 'refused' ? 'refuses us' : 'is not reached'}; it is tried again.`,
          );
        }
      },
    });
    const view = new MqttView({
      settings: mqtt,
      publisher: client,
      pageUrl: this.#parts.pageUrl,
      nowMs: this.#parts.uptimeMs,
    });
    this.#mqtt = { client, view, offline };
    client.start();
  }

  onSnapshot(snapshot: Snapshot): void {
    this.#mqtt?.view.onSnapshot(snapshot);
    const fresh = this.#alarms.fresh(snapshot);
    if (this.#webhook === null) return;
    for (const finding of fresh) {
      const id = `${this.#run}-${++this.#deliveries}`;
      this.#webhook.send({ id, body: alarmBody(id, finding, snapshot, this.#parts.wallMs()) });
    }
  }

  onEvent(event: MonitorEvent): void {
    this.#mqtt?.view.onEvent(event, this.#parts.wallMs());
  }

  onLevels(frame: LevelFrame): void {
    if (this.#sender !== null) this.#peaks.add(frame);
  }

  #sendOsc(): void {
    const nowMs = this.#parts.uptimeMs();
    const snapshot = this.#parts.snapshot();
    const messages: OscSend[] = [];
    if (this.#settings.osc.levelsPerS > 0) {
      // Comes back through `onLevels` where nobody else has taken them meanwhile.
      this.#parts.levels();
      const peaks = this.#peaks.take();
      if (peaks.length > 0) messages.push(...levelMessages(peaks, peaks.length));
    }
    const all = nowMs - this.#oscToldAllMs >= TELL_ALL_MS;
    if (all) this.#oscToldAllMs = nowMs;
    for (const message of stateMessages(snapshot)) {
      const value = JSON.stringify(message.args);
      if (!all && this.#oscTold.get(message.address) === value) continue;
      this.#oscTold.set(message.address, value);
      messages.push(message);
    }
    this.#sender?.send(messages, nowMs);
  }

  #obey(command: OscCommand): void {
    const { actions, log } = this.#parts;
    const told = (outcome: Outcome<null>) => {
      if (!outcome.ok) log.info('osc-refused', `OSC: ${outcome.fault.what} ${outcome.fault.fix}`);
    };
    const begin = (name: string | null) => {
      told(actions.markTake(name ?? this.#nextName ?? ''));
      this.#nextName = null;
    };
    switch (command.kind) {
      case 'takeStart':
        begin(command.name);
        break;
      case 'takeStop':
        told(actions.markTake(null));
        break;
      case 'takeToggle':
        if (actions.takeRuns()) told(actions.markTake(null));
        else begin(command.name);
        break;
      case 'takeName':
        this.#nextName = command.name;
        break;
      case 'mark':
        actions.mark(command.name);
        break;
      case 'clear':
        actions.clear(command.channel === null ? undefined : [command.channel]);
        break;
      case 'acknowledge':
        if (command.code !== null) told(actions.acknowledge(command.code, command.where));
        else for (const code of this.#standingCodes()) actions.acknowledge(code, null);
        break;
      default:
        assertNever(command);
    }
  }

  #standingCodes(): Set<string> {
    return new Set(this.#parts.snapshot().findings.map(({ code }) => code));
  }

  /** For the Snapshot: what does not work, once for as long as it does not. */
  findings(): Finding[] {
    const found: Finding[] = [];
    const standing = new Set<string>();
    const add = (where: string, fault: Fault, cause: string) => {
      standing.add(fault.code);
      if (!this.#since.has(fault.code)) this.#since.set(fault.code, Math.floor(this.#parts.uptimeMs()));
      found.push({
        code: fault.code,
        severity: 'info',
        where,
        symptom: fault.what,
        cause,
        fix: fault.fix,
        confidence: 'high',
        sinceMs: this.#since.get(fault.code)!,
      });
    };
    const nothingLost = 'Metering, verdicts and journal go on without it.';
    const state = this.#mqttState;
    if (state?.kind === 'waiting') {
      const { host, port } = this.#settings.mqtt;
      if (state.why === 'unreachable') {
        add(
          'MQTT',
          bad(
            'mqtt-unreachable',
            `The MQTT broker ${host}, port ${port}, is not reached.`,
            'Look whether it runs and whether address and port are right; it is tried again by itself.',
          ).fault,
          nothingLost,
        );
      } else {
        add(
          'MQTT',
          bad(
            'mqtt-refused',
            `The MQTT broker ${host} refuses the connection (code ${state.code}).`,
            'Correct user and password under Settings.',
          ).fault,
          nothingLost,
        );
      }
    }
    for (const fault of [this.#sender?.fault, this.#listener?.fault]) if (fault) add('OSC', fault, nothingLost);
    if (this.#webhook?.fault) add('Webhook', this.#webhook.fault, nothingLost);
    for (const code of this.#since.keys()) if (!standing.has(code)) this.#since.delete(code);
    return found;
  }

  /** What was left out so far, for the log and the tests. */
  dropped(): { readonly mqtt: number; readonly oscOut: number; readonly oscIn: number; readonly webhook: number } {
    return {
      mqtt: this.#mqtt?.client.dropped ?? 0,
      oscOut: this.#sender?.dropped ?? 0,
      oscIn: this.#listener?.dropped ?? 0,
      webhook: this.#webhook?.dropped ?? 0,
    };
  }
}
