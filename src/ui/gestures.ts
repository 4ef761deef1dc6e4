/**
 * Button edges -> gestures. Pure: time comes in with each edge and tick (monotonic ms).
 *
 * - Everything acts on release. One press (from the first button down to the last one up) gives one gesture at most.
 * - An edge acts at once; what the contact does in the next 20 ms is bounce. A press that proves shorter than that was
 *   a spike, and no gesture.
 * - short < 600 ms <= long. Both of A and B: chord; held together for 3 s: chordLong.
 * - A button down for 10 s is stuck: it takes part in nothing until it comes up, and is reported once.
 * - Edges may be lost and time may jump: a second `down` without an `up` starts the press anew; time running backwards, or
 *   a press longer than 10 s, gives no gesture.
 */
import type { ButtonEdge } from '../device/ports.ts';

export type Button = ButtonEdge['button'];

export const BOUNCE_MS = 20;
export const LONG_MS = 600;
export const CHORD_LONG_MS = 3000;
export const STUCK_MS = 10_000;

export type Gesture =
  | { readonly kind: 'short'; readonly button: Button }
  | { readonly kind: 'long'; readonly button: Button }
  | { readonly kind: 'chord' }
  | { readonly kind: 'chordLong' }
  /** A press on a dark panel: it wakes, and does nothing else. */
  | { readonly kind: 'wake' }
  | { readonly kind: 'stuck'; readonly button: Button }
  | { readonly kind: 'freed'; readonly button: Button };

interface Key {
  readonly button: Button;
  /** What the last accepted edge said. */
  readonly down: boolean;
  /** Time of that edge. */
  readonly sinceMs: number;
  /** What the contact says now; differs from `down` while it bounces. */
  readonly rawDown: boolean;
  readonly stuck: boolean;
}

/** A press under way: from the first button down to the last one up. */
interface Press {
  readonly startMs: number;
  /** Every button that took part. */
  readonly members: readonly Button[];
  /** When the second button joined, and when the first of the two left. */
  readonly bothMs: number | null;
  readonly bothEndMs: number | null;
  /** It began on a dark panel. */
  readonly swallowed: boolean;
}

export interface GestureState {
  readonly keys: readonly Key[];
  readonly press: Press | null;
  /** The newest time seen. */
  readonly timeMs: number;
}

export type GestureInput =
  | { readonly kind: 'edge'; readonly edge: ButtonEdge }
  | { readonly kind: 'tick'; readonly timeMs: number };

export interface GestureStep {
  readonly state: GestureState;
  readonly gestures: readonly Gesture[];
}

export function initialGestures(): GestureState {
  return { keys: [], press: null, timeMs: Number.NEGATIVE_INFINITY };
}

export function stuckButtons(state: GestureState): Button[] {
  return state.keys.filter((key) => key.stuck).map((key) => key.button);
}

/** What the press under way would give if it ended now: for a hint on the panel. */
export function pendingGesture(state: GestureState, nowMs: number): Gesture | null {
  const press = state.press;
  if (press === null || press.swallowed) return null;
  return gestureOf(press, nowMs);
}

/** `dark`: the panel is dim or off, so that a press only wakes it. */
export function stepGestures(state: GestureState, input: GestureInput, dark: boolean): GestureStep {
  const timeMs = input.kind === 'edge' ? input.edge.timeMs : input.timeMs;
  const gestures: Gesture[] = [];
  let next = state;
  if (timeMs < state.timeMs - 1000) {
    // The clock jumped back: no duration under way means anything now.
    next = { keys: state.keys.map((key) => ({ ...key, sinceMs: timeMs })), press: null, timeMs };
  }
  next = { ...next, timeMs: Math.max(timeMs, next.timeMs) };
  next = settle(next, timeMs, dark, gestures);
  if (input.kind === 'edge') next = takeEdge(next, input.edge, dark, gestures);
  return { state: next, gestures };
}

/** After the bounce time the contact's own word counts; after 10 s a button is stuck. */
function settle(state: GestureState, timeMs: number, dark: boolean, gestures: Gesture[]): GestureState {
  let next = state;
  for (const key of state.keys) {
    const age = timeMs - key.sinceMs;
    if (key.rawDown !== key.down && age >= BOUNCE_MS) {
      next = key.down
        ? spike(next, key)
        : accept(next, { button: key.button, down: true, timeMs: key.sinceMs + BOUNCE_MS }, dark, gestures);
    } else if (key.down && !key.stuck && age >= STUCK_MS) {
      gestures.push({ kind: 'stuck', button: key.button });
      next = withKey(next, { ...key, stuck: true });
      next = { ...next, press: leave(next.press, key.button, next) };
    }
  }
  return next;
}

/** Down and up again within the bounce time: nobody presses so fast. */
function spike(state: GestureState, key: Key): GestureState {
  const next = withKey(state, { ...key, down: false, rawDown: false });
  return { ...next, press: leave(next.press, key.button, next) };
}

/** Takes a button out of the press without a gesture; the press ends when no other button holds it. */
function leave(press: Press | null, button: Button, state: GestureState): Press | null {
  if (press === null) return null;
  const members = press.members.filter((member) => member !== button);
  const held = state.keys.some((key) => key.down && !key.stuck && key.button !== button);
  return members.length === 0 || !held ? null : { ...press, members, bothMs: null, bothEndMs: null };
}

function takeEdge(state: GestureState, edge: ButtonEdge, dark: boolean, gestures: Gesture[]): GestureState {
  const key = keyOf(state, edge.button);
  const age = edge.timeMs - key.sinceMs;
  if (age < BOUNCE_MS && edge.down !== key.down) return withKey(state, { ...key, rawDown: edge.down });
  if (age < BOUNCE_MS) return withKey(state, { ...key, rawDown: edge.down });
  if (edge.down === key.down) {
    if (!edge.down) return state;
    // A second `down`: the `up` between was lost, and with it what that press meant.
    const fresh = withKey(state, { ...key, down: false, rawDown: false, stuck: false });
    return accept({ ...fresh, press: leave(fresh.press, edge.button, fresh) }, edge, dark, gestures);
  }
  return accept(state, edge, dark, gestures);
}

function accept(state: GestureState, edge: ButtonEdge, dark: boolean, gestures: Gesture[]): GestureState {
  const key = keyOf(state, edge.button);
  const moved: Key = { button: edge.button, down: edge.down, rawDown: edge.down, sinceMs: edge.timeMs, stuck: false };
  const next = withKey(state, moved);
  if (edge.down) return { ...next, press: join(next.press, edge, dark) };
  if (key.stuck) {
    gestures.push({ kind: 'freed', button: edge.button });
    return next;
  }
  let press = next.press;
  if (press === null || !press.members.includes(edge.button)) return next;
  if (press.bothMs !== null && press.bothEndMs === null) press = { ...press, bothEndMs: edge.timeMs };
  const held = next.keys.some((other) => other.down && !other.stuck && press!.members.includes(other.button));
  if (held) return { ...next, press };
  const gesture = press.swallowed ? ({ kind: 'wake' } as const) : gestureOf(press, edge.timeMs);
  if (gesture !== null) gestures.push(gesture);
  return { ...next, press: null };
}

function join(press: Press | null, edge: ButtonEdge, dark: boolean): Press {
  if (press === null)
    return { startMs: edge.timeMs, members: [edge.button], bothMs: null, bothEndMs: null, swallowed: dark };
  if (press.members.includes(edge.button)) return press;
  return { ...press, members: [...press.members, edge.button], bothMs: press.bothMs ?? edge.timeMs };
}

function gestureOf(press: Press, endMs: number): Gesture | null {
  const wholeMs = endMs - press.startMs;
  if (wholeMs < 0 || wholeMs >= STUCK_MS) return null;
  const [first, second, third] = press.members;
  if (third !== undefined) return null;
  if (second === undefined) return { kind: wholeMs >= LONG_MS ? 'long' : 'short', button: first! };
  if (!press.members.includes('A') || !press.members.includes('B') || press.bothMs === null) return null;
  const bothForMs = (press.bothEndMs ?? endMs) - press.bothMs;
  return { kind: bothForMs >= CHORD_LONG_MS ? 'chordLong' : 'chord' };
}

function keyOf(state: GestureState, button: Button): Key {
  return (
    state.keys.find((key) => key.button === button) ?? {
      button,
      down: false,
      rawDown: false,
      sinceMs: Number.NEGATIVE_INFINITY,
      stuck: false,
    }
  );
}

function withKey(state: GestureState, key: Key): GestureState {
  return { ...state, keys: [...state.keys.filter((other) => other.button !== key.button), key] };
}
