/** All scenarios. */
import { AMBIGUOUS } from './ambiguous.ts';
import { ASKED } from './asked.ts';
import { CLOCK } from './clock.ts';
import { HOST } from './host.ts';
import { HUM } from './hum.ts';
import { LEVEL } from './level.ts';
import { LINK } from './link.ts';
import { MICROPHONE } from './microphone.ts';
import type { Scenario } from './types.ts';

/** One fault each, with one right answer, by room. */
export const FAULTS: Readonly<Record<string, readonly Scenario[]>> = {
  clock: CLOCK,
  link: LINK,
  host: HOST,
  level: LEVEL,
  microphone: MICROPHONE,
  'hum, polarity, DC': HUM,
  complaints: ASKED,
};

export { CLEAN } from './clean.ts';
export { HELD_OUT, HELD_OUT_AMBIGUOUS, HELD_OUT_ASKED } from './heldOut.ts';
export { HELD_OUT_CLEAN } from './heldOutClean.ts';
export { drawHeldOutPairs, drawPairs } from './pairs.ts';
export { AMBIGUOUS };
