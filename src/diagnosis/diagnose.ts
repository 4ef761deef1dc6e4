/**
 * The diagnosis: rules over the rig, and the monitor's own findings, into one list: causes first, each told once, none that
 * another explains, none that stood for a moment only. Time is passed in; nothing else is kept than what stood when.
 */
import type { Finding } from '../monitor/snapshot.ts';
import { factsOf } from './facts.ts';
import { CAUSES_FIRST, EXPLAINS } from './order.ts';
import { refine } from './refine.ts';
import { type DiagnosisInputs, type Rig, rigOf } from './rig.ts';
import type { Rule, Seen } from './rule.ts';
import { CHANNEL_RULES } from './rules/channel.ts';
import { DEVICE_RULES } from './rules/device.ts';
import { HUM_RULES } from './rules/hum.ts';
import { LINK_RULES } from './rules/link.ts';

export const RULES: readonly Rule[] = [...DEVICE_RULES, ...LINK_RULES, ...CHANNEL_RULES, ...HUM_RULES];

/** A finding that is no longer seen stays for so long: less would flicker. */
const KEEP_MS = 2500;
/** A level is called steady over so long. */
const STEADY_MS = 10_000;

interface Standing {
  readonly sinceMs: number;
  lastMs: number;
  finding: Finding;
  channels: readonly number[];
}

interface Movement {
  readonly marks: { readonly ms: number; readonly low: number; readonly high: number }[];
  sinceMs: number;
}

/** A finding with the channels that it concerns. */
interface Placed {
  readonly finding: Finding;
  readonly channels: readonly number[];
}

export class Diagnosis {
  readonly #standing = new Map<string, Standing>();
  readonly #movements = new Map<number, Movement>();
  #rig: Rig | null = null;

  /** The rig as it was judged last: for questions that a person asks. */
  get rig(): Rig | null {
    return this.#rig;
  }

  /** All findings at `nowMs` (uptime): worst first, causes before effects. */
  judge(inputs: DiagnosisInputs, nowMs: number): Finding[] {
    this.#watchLevels(inputs, nowMs);
    const rig = rigOf(inputs, factsOf, (index) => this.#moved(index, nowMs));
    this.#rig = rig;
    for (const rule of RULES) {
      for (const seen of rule.find(rig)) this.#stand(rule, seen, nowMs);
    }
    const placed: Placed[] = inputs.found.map((finding) => ({
      finding: refine(finding, rig),
      channels: channelsAt(rig, finding.where),
    }));
    for (const [key, standing] of this.#standing) {
      if (nowMs - standing.lastMs > KEEP_MS) this.#standing.delete(key);
      // It must have been seen for that long: a sight of one instant (a stream that has just opened) is none.
      else if (standing.lastMs - standing.sinceMs >= (afterMs.get(standing.finding.code) ?? 0)) {
        // The same of the same place by a room of the monitor itself: its date and its severity count.
        const known = placed.findIndex(
          ({ finding }) => finding.code === standing.finding.code && finding.where === standing.finding.where,
        );
        if (known < 0) placed.push(standing);
        else placed[known] = { ...standing, finding: { ...standing.finding, sinceMs: placed[known]!.finding.sinceMs } };
      }
    }
    return placed
      .filter((one) => !placed.some((other) => explains(other, one)))
      .map(({ finding }) => finding)
      .sort(byRank);
  }

  #stand(rule: Rule, seen: Seen, nowMs: number): void {
    const key = `${rule.code}|${seen.where}`;
    const before = this.#standing.get(key);
    const sinceMs = before?.sinceMs ?? nowMs;
    this.#standing.set(key, {
      sinceMs,
      lastMs: nowMs,
      channels: seen.channels,
      finding: {
        code: rule.code,
        severity: seen.severity ?? rule.severity,
        where: seen.where,
        symptom: seen.symptom,
        cause: seen.cause,
        fix: seen.fix,
        confidence: seen.confidence ?? rule.confidence,
        sinceMs: Math.floor(sinceMs),
        evidence: [...seen.evidence],
        ...(seen.others && seen.others.length > 0 ? { others: seen.others.map((other) => ({ ...other })) } : {}),
        ...(seen.question ? { question: seen.question } : {}),
      },
    });
  }

  /** Extremes of each second's RMS, so that ten seconds cost ten marks a channel. */
  #watchLevels({ snapshot }: DiagnosisInputs, nowMs: number): void {
    if (snapshot.capture.state !== 'running') {
      this.#movements.clear();
      return;
    }
    for (const { index, rmsDbfs } of snapshot.channels) {
      const movement = this.#movements.get(index) ?? { marks: [], sinceMs: nowMs };
      this.#movements.set(index, movement);
      const level = rmsDbfs ?? -200;
      const last = movement.marks.at(-1);
      if (last !== undefined && nowMs - last.ms < 1000) {
        movement.marks[movement.marks.length - 1] = {
          ms: last.ms,
          low: Math.min(last.low, level),
          high: Math.max(last.high, level),
        };
      } else movement.marks.push({ ms: nowMs, low: level, high: level });
      while (nowMs - movement.marks[0]!.ms > STEADY_MS) movement.marks.shift();
    }
  }

  #moved(index: number, nowMs: number): number | null {
    const movement = this.#movements.get(index);
    if (movement === undefined || nowMs - movement.sinceMs < STEADY_MS) return null;
    const { marks } = movement;
    return Math.max(...marks.map(({ high }) => high)) - Math.min(...marks.map(({ low }) => low));
  }
}

/** Channels that a finding of a room concerns, by the name it gives. */
function channelsAt(rig: Rig, where: string): readonly number[] {
  const port = rig.ports.find(({ bank, box }) => [box, bank.box, bank.name].includes(where));
  if (port !== undefined) return port.bank.channels;
  return rig.channels.filter(({ name, channel }) => name === where || channel.name === where).map(({ index }) => index);
}

const afterMs = new Map(RULES.map((rule) => [rule.code, rule.afterMs]));

/** Does `a` explain `b`? By the table, and only of the same channels or the same place. */
function explains(a: Placed, b: Placed): boolean {
  if (a === b || !EXPLAINS[a.finding.code]?.includes(b.finding.code)) return false;
  if (a.finding.where === b.finding.where) return true;
  if (b.channels.length === 0) return a.channels.length === 0;
  return b.channels.every((channel) => a.channels.includes(channel));
}

const SEVERITIES: readonly Finding['severity'][] = ['alarm', 'warning', 'info'];

function byRank(a: Finding, b: Finding): number {
  const place = ({ code }: Finding) => {
    const at = CAUSES_FIRST.indexOf(code);
    return at < 0 ? CAUSES_FIRST.length : at;
  };
  return (
    SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) || place(a) - place(b) || a.sinceMs - b.sinceMs
  );
}
