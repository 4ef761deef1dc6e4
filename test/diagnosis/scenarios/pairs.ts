/** Two faults at once, drawn by seed: both must be listed. */
import { CLOCK } from './clock.ts';
import { HELD_OUT } from './heldOut.ts';
import { HOST } from './host.ts';
import { HUM } from './hum.ts';
import { LEVEL } from './level.ts';
import { LINK } from './link.ts';
import { MICROPHONE } from './microphone.ts';
import { SESSIONS } from './session.ts';
import type { Cause, Change, Scenario, SessionName } from './types.ts';

export interface Pair extends Change {
  readonly name: string;
  readonly session: SessionName;
  readonly expects: readonly [Cause, Cause];
}

export const PAIR_SEED = 20261122;
export const PAIR_COUNT = 20;
export const HELD_OUT_PAIR_SEED = 20261127;

/** The small generator of Park and Miller: the same draws everywhere. */
function drawer(seed: number): (below: number) => number {
  let state = seed % 2147483647;
  return (below) => {
    state = (state * 48271) % 2147483647;
    return state % below;
  };
}

const strips = (scenario: Scenario) => Object.keys(scenario.strips ?? {});
const control = (text: string) => text.split('=')[0]!.trim();
/** Controls that it sets, or that are moved in it. */
const controls = (scenario: Scenario) => [
  ...(scenario.controls ?? []).map(control),
  ...(scenario.happenings ?? []).flatMap((event) => (event.kind === 'control' ? [control(event.to)] : [])),
];
const inputs = (scenario: Scenario) => Object.keys(scenario.sheet?.inputs ?? {});
const ports = (scenario: Scenario) => Object.keys(scenario.clocks ?? {});

/** Channels that a fault of the whole port concerns. */
function reach(scenario: Scenario): string[] {
  const { ports: all } = SESSIONS[scenario.session].sheet.interface;
  const onPort = ports(scenario).flatMap((port) => {
    const { first, last } = all.find(({ id }) => id === port)!;
    return Array.from({ length: last - first + 1 }, (_, i) => String(first + i));
  });
  return [...new Set([...strips(scenario), ...inputs(scenario), ...onPort])];
}

/**
 * May both be wrong at once and both be seen? Not where one hides the other: another session, the same channel or control,
 * a stream that ends, and a silence or a copy under a clock that needs the sound of the same channels.
 */
function goTogether(a: Scenario, b: Scenario): boolean {
  const ends = (scenario: Scenario) =>
    scenario.cannotOpen !== undefined ||
    scenario.rateHz !== undefined ||
    scenario.channels !== undefined ||
    (scenario.happenings ?? []).some(({ kind }) => kind === 'stall' || kind === 'unplug' || kind === 'overrun');
  const overlap = (left: readonly string[], right: readonly string[]) => left.some((one) => right.includes(one));
  return (
    a.session === b.session &&
    !ends(a) &&
    !ends(b) &&
    a.expects.first.code !== b.expects.first.code &&
    !overlap(reach(a), reach(b)) &&
    !overlap(controls(a), controls(b))
  );
}

function both(a: Scenario, b: Scenario): Pair {
  return {
    name: `${a.name} + ${b.name}`,
    session: a.session,
    seconds: Math.max(a.seconds ?? 6, b.seconds ?? 6),
    strips: { ...a.strips, ...b.strips },
    clocks: { ...a.clocks, ...b.clocks },
    happenings: [...(a.happenings ?? []), ...(b.happenings ?? [])],
    controls: [...(a.controls ?? []), ...(b.controls ?? [])],
    sheet: {
      inputs: { ...a.sheet?.inputs, ...b.sheet?.inputs },
      expanders: { ...a.sheet?.expanders, ...b.sheet?.expanders },
      interface: { ...a.sheet?.interface, ...b.sheet?.interface },
    },
    ...((a.power ?? b.power) ? { power: (a.power ?? b.power)! } : {}),
    expects: [a.expects.first, b.expects.first],
  };
}

const POOL: readonly Scenario[] = [...CLOCK, ...LINK, ...HOST, ...LEVEL, ...MICROPHONE, ...HUM];

/** Twenty pairs, each once. */
export function drawPairs(seed = PAIR_SEED, count = PAIR_COUNT, pool = POOL): Pair[] {
  const draw = drawer(seed);
  const pairs: Pair[] = [];
  while (pairs.length < count) {
    const a = pool[draw(pool.length)]!;
    const b = pool[draw(pool.length)]!;
    if (!goTogether(a, b)) continue;
    const pair = both(a, b);
    const twin = both(b, a).name;
    if (!pairs.some(({ name }) => name === pair.name || name === twin)) pairs.push(pair);
  }
  return pairs;
}

/** Twenty pairs of the held-out set. */
export function drawHeldOutPairs(seed = HELD_OUT_PAIR_SEED): Pair[] {
  return drawPairs(seed, PAIR_COUNT, HELD_OUT);
}
