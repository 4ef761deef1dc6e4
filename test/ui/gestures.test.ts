import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BOUNCE_MS,
  type Button,
  CHORD_LONG_MS,
  type Gesture,
  type GestureInput,
  type GestureState,
  initialGestures,
  LONG_MS,
  STUCK_MS,
  stepGestures,
  stuckButtons,
} from '../../src/ui/gestures.ts';
import { tellFaultRow } from '../faults/tell.ts';

interface Edge {
  readonly button: Button;
  readonly down: boolean;
  readonly timeMs: number;
}

/** Plays edges with ticks of a frame in between. */
function play(
  edges: readonly Edge[],
  options: { dark?: boolean; untilMs?: number; tickMs?: number } = {},
): {
  gestures: (Gesture & { atMs: number })[];
  state: GestureState;
} {
  const tickMs = options.tickMs ?? 33;
  let state = initialGestures();
  const gestures: (Gesture & { atMs: number })[] = [];
  const tick = () => {
    nowMs += tickMs;
    feed({ kind: 'tick', timeMs: nowMs }, nowMs);
  };
  let nowMs = 0;
  const feed = (input: GestureInput, atMs: number) => {
    const step = stepGestures(state, input, options.dark ?? false);
    state = step.state;
    for (const gesture of step.gestures) gestures.push({ ...gesture, atMs });
  };
  for (const edge of edges) {
    while (nowMs + tickMs < edge.timeMs) tick();
    nowMs = Math.max(nowMs, edge.timeMs);
    feed({ kind: 'edge', edge }, edge.timeMs);
  }
  const end = Math.max(nowMs, options.untilMs ?? nowMs + 200);
  while (nowMs < end) tick();
  return { gestures, state };
}

const name = (gesture: Gesture) => ('button' in gesture ? `${gesture.kind} ${gesture.button}` : gesture.kind);
const press = (button: Button, fromMs: number, ms: number): Edge[] => [
  { button, down: true, timeMs: fromMs },
  { button, down: false, timeMs: fromMs + ms },
];
const inOrder = (edges: Edge[]) => [...edges].sort((a, b) => a.timeMs - b.timeMs);

/** What a contact does within the bounce time after it moved: it chatters, and ends where it was going. */
function bounced(edge: Edge, chatter: readonly number[]): Edge[] {
  const times = [...new Set(chatter)].sort((a, b) => a - b);
  const even = times.length % 2 === 0 ? times : times.slice(1);
  return [
    edge,
    ...even.map((ms, i) => ({ ...edge, down: i % 2 === 0 ? !edge.down : edge.down, timeMs: edge.timeMs + ms })),
  ];
}

const button = fc.constantFrom<Button>('A', 'B', 'C', 'D');
/** Within the bounce time, short of its end. */
const chatter = fc.array(fc.double({ min: 0.05, max: BOUNCE_MS - 2, noNaN: true }), { maxLength: 12 });

describe('gestures', () => {
  it('short below 600 ms, long from there, each at the release', () => {
    for (const [ms, kind] of [
      [30, 'short'],
      [LONG_MS - 1, 'short'],
      [LONG_MS, 'long'],
      [9000, 'long'],
    ] as const) {
      const { gestures } = play(press('A', 1000, ms));
      expect(gestures).toEqual([{ kind, button: 'A', atMs: 1000 + ms }]);
    }
  });

  it('A and B together, in any order of fingers, are one chord', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 400 }),
        fc.integer({ min: 60, max: 2400 }),
        fc.integer({ min: 0, max: 400 }),
        fc.boolean(),
        fc.boolean(),
        (lead, together, tail, aFirst, aLast) => {
          const [first, second]: [Button, Button] = aFirst ? ['A', 'B'] : ['B', 'A'];
          const [earlier, later]: [Button, Button] = aLast ? ['B', 'A'] : ['A', 'B'];
          const { gestures } = play(
            inOrder([
              { button: first, down: true, timeMs: 1000 },
              { button: second, down: true, timeMs: 1000 + lead },
              { button: earlier, down: false, timeMs: 1000 + lead + together },
              { button: later, down: false, timeMs: 1000 + lead + together + tail },
            ]),
          );
          expect(gestures.map(name)).toEqual(['chord']);
        },
      ),
    );
    const held = play(inOrder([...press('A', 1000, CHORD_LONG_MS + 100), ...press('B', 1050, CHORD_LONG_MS + 100)]));
    expect(held.gestures.map(name)).toEqual(['chordLong']);
  });

  it('fault row 17: bounce changes nothing', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            button,
            ms: fc.integer({ min: BOUNCE_MS + 5, max: 1500 }),
            gap: fc.integer({ min: BOUNCE_MS + 5, max: 500 }),
            down: chatter,
            up: chatter,
          }),
          { minLength: 1, maxLength: 8 },
        ),
        (presses) => {
          const clean: Edge[] = [];
          const dirty: Edge[] = [];
          let t = 1000;
          for (const each of presses) {
            const [down, up] = press(each.button, t, each.ms) as [Edge, Edge];
            clean.push(down, up);
            dirty.push(...bounced(down, each.down), ...bounced(up, each.up));
            t = up.timeMs + each.gap;
          }
          expect(play(dirty).gestures).toEqual(play(clean).gestures);
        },
      ),
    );
    tellFaultRow({
      row: 17,
      did: '100 random series of presses with bounce',
      saw: 'the gestures of clean presses, no other',
    });
  });

  it('a spike shorter than the bounce time is no press', () => {
    fc.assert(
      fc.property(button, fc.double({ min: 0.01, max: BOUNCE_MS - 1, noNaN: true }), (which, ms) => {
        expect(play(press(which, 1000, ms)).gestures).toEqual([]);
      }),
    );
  });

  it('one press gives one gesture at most, whatever edges come', () => {
    const edges = fc
      .array(fc.record({ button, down: fc.boolean(), wait: fc.integer({ min: 0, max: 900 }) }), { maxLength: 60 })
      .map((list) => {
        let t = 1000;
        return list.map(({ button: which, down, wait }): Edge => {
          t += wait;
          return { button: which, down, timeMs: t };
        });
      });
    fc.assert(
      fc.property(edges, fc.boolean(), (list, dark) => {
        const { gestures } = play(list, { dark });
        const acts = gestures.filter((gesture) => gesture.kind !== 'stuck' && gesture.kind !== 'freed');
        // Each gesture needs at least one accepted `down` of its own.
        expect(acts.length).toBeLessThanOrEqual(list.filter((edge) => edge.down).length + 1);
        if (dark) for (const act of acts) expect(act.kind).toBe('wake');
      }),
    );
  });

  it('after all buttons are up, the next press counts: lost edges do no lasting harm', () => {
    const junk = fc
      .array(fc.record({ button, down: fc.boolean(), wait: fc.integer({ min: 0, max: 4000 }) }), { maxLength: 30 })
      .map((list) => {
        let t = 1000;
        return list.map(({ button: which, down, wait }): Edge => {
          t += wait;
          return { button: which, down, timeMs: t };
        });
      });
    fc.assert(
      fc.property(junk, button, (list, which) => {
        const end = (list.at(-1)?.timeMs ?? 1000) + 500;
        // The driver compares with the lines once a second and sends what was lost.
        const up = (['A', 'B', 'C', 'D'] as const).map((each): Edge => ({ button: each, down: false, timeMs: end }));
        const { gestures } = play([...list, ...up, ...press(which, end + 500, 100)]);
        expect(gestures.at(-1)).toEqual({ kind: 'short', button: which, atMs: end + 600 });
      }),
    );
  });

  it('a release that got lost gives no gesture of its own, and a false one never', () => {
    // Down, (up lost), down again 3 s later, up: the second press alone counts.
    const { gestures } = play([
      { button: 'A', down: true, timeMs: 1000 },
      { button: 'A', down: true, timeMs: 4000 },
      { button: 'A', down: false, timeMs: 4100 },
    ]);
    expect(gestures.map(name)).toEqual(['short A']);
    expect(play([{ button: 'A', down: false, timeMs: 1000 }]).gestures).toEqual([]);
  });

  it('fault row 17: a button stuck for ten seconds is reported once, ignored, and told when it comes free', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: STUCK_MS + 50, max: 60_000 }),
        fc.integer({ min: 30, max: 500 }),
        (stuckForMs, tapMs) => {
          const tapAt = 1000 + STUCK_MS + 40;
          const edges = inOrder([...press('A', 1000, stuckForMs), ...press('B', tapAt, tapMs)]);
          const { gestures, state } = play(edges);
          const names = gestures.map(name);
          expect(names.filter((each) => each === 'stuck A').length).toBe(1);
          expect(names.filter((each) => each === 'freed A').length).toBe(1);
          // The other button works on while it is stuck, and as itself: no chord.
          expect(names).toContain('short B');
          expect(names).not.toContain('short A');
          expect(names).not.toContain('long A');
          expect(names).not.toContain('chord');
          expect(stuckButtons(state)).toEqual([]);
        },
      ),
    );
    tellFaultRow({
      row: 17,
      did: 'a button held for 10 to 60 s',
      saw: 'said once, no gesture of its own, the other works',
    });
  });

  it('a button that is stuck from the start never acts', () => {
    const { gestures, state } = play([{ button: 'A', down: true, timeMs: 0 }], { untilMs: 120_000, tickMs: 500 });
    expect(gestures.map(name)).toEqual(['stuck A']);
    expect(stuckButtons(state)).toEqual(['A']);
  });

  it('time that jumps back or forth gives no false gesture, and the next press works', () => {
    fc.assert(
      fc.property(fc.integer({ min: -10_000_000, max: 10_000_000 }), fc.boolean(), (jump, held) => {
        let state = initialGestures();
        const seen: Gesture[] = [];
        const feed = (input: GestureInput) => {
          const step = stepGestures(state, input, false);
          state = step.state;
          seen.push(...step.gestures);
        };
        const edge = (down: boolean, timeMs: number): GestureInput => ({
          kind: 'edge',
          edge: { button: 'A', down, timeMs },
        });
        const start = 20_000_000;
        feed({ kind: 'tick', timeMs: start });
        if (held) feed(edge(true, start + 10));
        const after = start + jump;
        feed({ kind: 'tick', timeMs: after });
        if (held) feed(edge(false, after + 50));
        // In whatever way that press ended, it was one press: no chord, and long only if the clock says so.
        expect(seen.filter((gesture) => gesture.kind === 'chord' || gesture.kind === 'chordLong')).toEqual([]);
        if (jump < -1100) expect(seen).toEqual([]);
        seen.length = 0;
        feed({ kind: 'tick', timeMs: after + 1000 });
        feed(edge(true, after + 2000));
        feed(edge(false, after + 2100));
        expect(seen.map(name)).toEqual(['short A']);
      }),
    );
  });

  it('the first press on a dark panel only wakes it', () => {
    for (const ms of [50, 700, 4000])
      expect(play(press('A', 1000, ms), { dark: true }).gestures.map(name)).toEqual(['wake']);
    const both = inOrder([...press('A', 1000, 200), ...press('B', 1010, 200)]);
    expect(play(both, { dark: true }).gestures.map(name)).toEqual(['wake']);
  });
});
