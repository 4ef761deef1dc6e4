/** Findings of the monitor's own rooms, in the words of the session: the box by its name, its menu by its own words. Pure. */
import { checkSheet, syncWords } from '../guide/checks.ts';
import type { Finding } from '../monitor/snapshot.ts';
import type { Rig, RigPort } from './rig.ts';
import type { OtherCause } from './rule.ts';

const CLOCK_NOTES = [
  'second-fibre-missing',
  'expander-has-no-adat-in',
  'clock-cable-missing',
  'expander-not-slaved',
] as const;

export interface Refined extends Finding {
  readonly others?: OtherCause[];
  readonly evidence?: string[];
}

export function refine(finding: Finding, rig: Rig): Refined {
  switch (finding.code) {
    case 'bank-slips':
      return refineSlips(finding, rig);
    case 'bank-slip-once':
      // Inferred, not read off the samples; and one of them says nothing of a clock.
      return { ...finding, evidence: ['one frame, from how its live channels go on'] };
    case 'capture-stalled':
      return {
        ...finding,
        cause: 'Its clock source is gone.',
        evidence: ['open, and no frame for a second'],
        others: [
          {
            code: 'usb-hangs',
            cause: 'The USB link hangs.',
            fix: 'Unplug the interface and plug it in again; leave out hubs.',
          },
        ],
      };
    default:
      return finding;
  }
}

function refineSlips(finding: Finding, rig: Rig): Refined {
  const port = rig.ports.find(({ bank, box }) => [box, bank.box, bank.name].includes(finding.where));
  if (port === undefined) return finding;
  const { bank } = port;
  const evidence = [
    bank.basis === 'device'
      ? 'lock control: locked, not in sync'
      : bank.basis === 'proof'
        ? 'guided proof: a test tone shows two clocks'
        : `${bank.slips} ${bank.slips === 1 ? 'slip' : 'slips'} heard on all its live channels`,
    ...(bank.ppm === null ? [] : [`${bank.ppm.toFixed(1)} ppm, +-${(bank.uncertaintyPpm ?? 0).toFixed(1)}`]),
  ];
  const own = clockWords(rig, port, finding);
  // One slip is a fact; a clock of its own takes a verdict.
  if (bank.sync === 'lock') return { ...finding, ...own, evidence };
  return {
    ...finding,
    evidence,
    fix: own.fix,
    others: [
      {
        code: 'link-disturbed',
        cause: `The ${bank.kind === 'adat' ? 'fibre' : 'cable'} was knocked, or ${port.box ?? bank.name} was switched.`,
        fix: `Seat the ${bank.kind === 'adat' ? 'fibre' : 'cable'} of ${bank.name} at both ends; wait whether it comes again.`,
      },
    ],
  };
}

/** Why the sheet says that this box can not follow, or how to make it. */
function clockWords(rig: Rig, port: RigPort, finding: Finding): { readonly cause: string; readonly fix: string } {
  const { expander } = port;
  if (rig.sheet === null || expander === null) return { cause: finding.cause, fix: finding.fix };
  const name = port.box!;
  const note = checkSheet(rig.sheet).find(
    ({ code, where }) => where === (expander.name || expander.id) && CLOCK_NOTES.some((one) => one === code),
  );
  if (note !== undefined) {
    const told = note.code === 'expander-not-slaved' ? '' : ` ${note.what}`;
    return { cause: `${finding.cause}${told}`, fix: note.fix };
  }
  // By the sheet it follows; on the wire it does not.
  const how = port.model !== null && port.model.adatIns === 0 ? ('wordClock' as const) : ('adat' as const);
  return {
    cause: `${finding.cause} The sheet says that it follows: look at the box.`,
    fix: `${name}: ${syncWords(expander, expander.clock === 'wordClock' ? 'wordClock' : how)}; and seat the cable that brings the clock to it.`,
  };
}
