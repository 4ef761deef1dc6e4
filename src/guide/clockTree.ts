/** Where each box of a patch sheet gets its clock from, followed back to the box that makes it. Pure. */
import { expanderModel } from './expanders.ts';
import type { ClockChoice, PatchExpander, PatchPort, PatchSheet } from './patchSheet.ts';

/**
 * `root`: follows `master` (a box id, or `house`); `broken`: the chosen source does not reach it; `loop`: boxes follow
 * one another in a ring.
 */
export type ClockTrace =
  | { readonly kind: 'root'; readonly box: string; readonly master: string }
  | { readonly kind: 'broken'; readonly box: string; readonly at: string; readonly why: BrokenWhy }
  | { readonly kind: 'loop'; readonly box: string };

/**
 * `noReturnFibre`: set to ADAT, but no fibre comes back from the interface. `noAdatInput`: the model has no ADAT IN.
 * `noCable`: set to word clock, but no BNC cable. `nothingOnPort`: the interface listens to a port with no box on it.
 * `unknown`: nobody looked at the switch. `noSuchBox`: the sheet names a box that is not on it.
 */
export type BrokenWhy = 'noReturnFibre' | 'noAdatInput' | 'noCable' | 'nothingOnPort' | 'unknown' | 'noSuchBox';

type Step =
  | { readonly to: 'self' }
  | { readonly to: 'box'; readonly box: string }
  | { readonly to: 'broken'; readonly why: BrokenWhy };

/** A trace for the interface and for each expander, in the sheet's order. */
export function traceClocks(sheet: PatchSheet): readonly ClockTrace[] {
  return ['interface', ...sheet.expanders.map((expander) => expander.id)].map((box) => trace(sheet, box));
}

function trace(sheet: PatchSheet, start: string): ClockTrace {
  const seen = new Set<string>();
  let box = start;
  while (!seen.has(box)) {
    seen.add(box);
    if (box === 'house') return { kind: 'root', box: start, master: 'house' };
    const step = follow(sheet, box);
    if (step.to === 'self') return { kind: 'root', box: start, master: box };
    if (step.to === 'broken') return { kind: 'broken', box: start, at: box, why: step.why };
    box = step.box;
  }
  return { kind: 'loop', box: start };
}

function follow(sheet: PatchSheet, box: string): Step {
  if (box === 'interface') {
    const { clock, clockPort, wordClockFrom, ports } = sheet.interface;
    switch (clock) {
      case 'internal':
        return { to: 'self' };
      case 'adat':
      case 'spdif': {
        const on = clockPort !== null ? [clockPort] : ports.filter((p) => p.mode === clock).map((p) => p.id);
        const sender = sheet.expanders.find((expander) => expander.fibres.some((fibre) => on.includes(fibre)));
        return sender === undefined ? { to: 'broken', why: 'nothingOnPort' } : { to: 'box', box: sender.id };
      }
      case 'wordClock':
        return wordClockFrom === null ? { to: 'broken', why: 'noCable' } : { to: 'box', box: wordClockFrom };
      case 'unknown':
        return { to: 'broken', why: 'unknown' };
    }
  }
  const expander = sheet.expanders.find((e) => e.id === box);
  if (expander === undefined) return { to: 'broken', why: 'noSuchBox' };
  return followExpander(expander, expander.clock);
}

function followExpander(expander: PatchExpander, clock: ClockChoice): Step {
  switch (clock) {
    case 'internal':
      return { to: 'self' };
    case 'adat':
    case 'spdif': {
      const model = expanderModel(expander.model);
      if (model !== null && model.adatIns === 0) return { to: 'broken', why: 'noAdatInput' };
      return expander.returnFibre ? { to: 'box', box: 'interface' } : { to: 'broken', why: 'noReturnFibre' };
    }
    case 'wordClock':
      return expander.wordClockFrom === null
        ? { to: 'broken', why: 'noCable' }
        : { to: 'box', box: expander.wordClockFrom };
    case 'unknown':
      return { to: 'broken', why: 'unknown' };
  }
}

/** Name of a box for a person. */
export function boxName(sheet: PatchSheet, box: string): string {
  if (box === 'interface') return sheet.interface.name === '' ? 'the interface' : sheet.interface.name;
  if (box === 'house') return 'the house clock';
  const expander = sheet.expanders.find((e) => e.id === box);
  return expander === undefined || expander.name === '' ? box : expander.name;
}

/** The interface's port by id, or null. */
export function portById(sheet: PatchSheet, id: string | null): PatchPort | null {
  return sheet.interface.ports.find((port) => port.id === id) ?? null;
}
