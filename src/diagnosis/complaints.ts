/**
 * What a person complains of. What capture can see of it is answered by findings; what it can't (monitors, headphones,
 * latency, the DAW) is asked, never claimed: the answer then is the one question that would settle it. Pure.
 */
import { assertNever } from '../fault.ts';
import { checkSheet } from '../guide/checks.ts';
import type { Finding } from '../monitor/snapshot.ts';
import type { Rig } from './rig.ts';

export const COMPLAINT_KINDS = [
  'noSignal',
  'crackle',
  'distortion',
  'hum',
  'headphonesQuiet',
  'monitorsSilent',
  'latency',
] as const;
export type ComplaintKind = (typeof COMPLAINT_KINDS)[number];

export interface Complaint {
  readonly kind: ComplaintKind;
  /** 1-based; null: no channel in particular. */
  readonly channel: number | null;
}

/** Crackling is one of three: a clip, a slip, or frames lost on the way to this box. */
const CRACKLES = [
  'bank-slips',
  'bank-slip-once',
  'usb-loss',
  'capture-xrun',
  'power-low',
  'channel-clipping',
  'foreign-hash',
  'channel-flat-top',
];
const DISTORTIONS = [
  'channel-clipping',
  'channel-flat-top',
  'line-into-instrument',
  'plus4-into-minus10',
  'phantom-off',
];

/** Answers, the best first; never empty. */
export function answerComplaint(complaint: Complaint, findings: readonly Finding[], rig: Rig): Finding[] {
  const seen = (codes: readonly string[]) => findings.filter(({ code }) => codes.includes(code));
  const ask = (code: string, words: Pick<Finding, 'symptom' | 'cause' | 'fix'> & { question: string }): Finding[] => [
    {
      code,
      severity: 'info',
      where: rig.deviceName,
      confidence: 'low',
      sinceMs: rig.inputs.snapshot.uptimeMs,
      evidence: [],
      ...words,
    },
  ];
  switch (complaint.kind) {
    case 'noSignal':
      return noSignal(complaint.channel, findings, rig);
    case 'crackle': {
      const found = seen(CRACKLES);
      if (found.length > 0) return found;
      return ask('ask-crackle-out', {
        symptom: 'It crackles, and all that comes in is clean: no clip, no slip, no loss.',
        cause: "If it is in the monitors only: the DAW's buffer runs empty, or the way out.",
        fix: 'Make the buffer of the DAW larger, and listen to the recording: a crackle that is not in the file came after it.',
        question: 'Is the crackle in the recording, or only in the monitors?',
      });
    }
    case 'distortion': {
      const found = seen(DISTORTIONS);
      if (found.length > 0) return found;
      return ask('ask-distortion-out', {
        symptom: 'It distorts, and no channel clips or is cut flat.',
        cause: 'The source itself, the headphone amplifier, or a plug-in of the DAW.',
        fix: 'Listen to the recording without plug-ins, and turn the headphones down.',
        question: 'Is it still there with the headphones 10 dB softer?',
      });
    }
    case 'hum': {
      const found = findings.filter(({ code }) => code === 'channel-hum' || code === 'bank-hum');
      if (found.length > 0) return found;
      return ask('ask-hum-monitors', {
        symptom: 'No channel hums that comes in.',
        cause:
          'If it stays with the interface muted: a ground loop between monitors and interface, or a dimmer or motor on the circuit.',
        fix: 'Still there muted: plug monitors and interface into one outlet strip, use balanced cables, or an isolation transformer. Gone: hunt for it on the inputs.',
        question: 'Is it still there with the interface muted?',
      });
    }
    case 'headphonesQuiet':
      return headphones(rig, ask);
    case 'monitorsSilent':
      return ask('ask-monitors-silent', {
        symptom: "This box hears what comes in; what goes out to the monitors it can't see.",
        cause: 'The monitor knob, a mute or dim switch, the outputs chosen in the control panel, or the cables.',
        fix: 'Turn the monitor knob up, look at mute and dim, choose the monitor outputs in the control panel of the interface, follow the cables to the right outputs.',
        question: 'Do headphones on the interface play the same?',
      });
    case 'latency':
      return ask('ask-latency', {
        symptom: "Latency can't be measured here: the buffer of this box is not the DAW's.",
        cause: 'The way through the computer and back: the buffer of the DAW, and its plug-ins.',
        fix: 'Switch on direct monitoring on the interface, which bypasses the computer; or make the buffer of the DAW smaller.',
        question: 'Is it gone with direct monitoring on and the software monitor off?',
      });
    default:
      return assertNever(complaint.kind);
  }
}

function noSignal(index: number | null, findings: readonly Finding[], rig: Rig): Finding[] {
  const channel = rig.channels.find((one) => one.index === index) ?? null;
  if (channel === null) {
    const silent = [
      'channel-dead',
      'phantom-off',
      'channel-muted',
      'bank-zero',
      'port-no-lock',
      'routing-off',
      'bank-no-source',
      'gain-low',
    ];
    const found = findings.filter(({ code }) => silent.includes(code));
    if (found.length > 0) return found;
  }
  const where = channel?.name ?? rig.deviceName;
  const base = { severity: 'info', where, sinceMs: rig.inputs.snapshot.uptimeMs } as const;
  if (channel !== null && channel.channel.silence === 'none') {
    const peak = channel.channel.holdDbfs;
    return [
      {
        ...base,
        code: 'signal-arrives',
        symptom: `${where} reaches the interface on ${channel.index}${peak === null ? '' : `, at ${peak.toFixed(0)} dBFS`}.`,
        cause: `Signal reaches the interface on ${channel.index}: it is lost behind it.`,
        fix: `Look in the DAW: the track must record from input ${channel.index}, be armed, and not be muted.`,
        confidence: 'high',
        evidence: [`signal on channel ${channel.index}`],
      },
    ];
  }
  const own =
    channel === null
      ? []
      : findings.filter((finding) => finding.where === where || finding.where === channel.port?.box);
  if (own.length > 0) return own;
  return [
    {
      ...base,
      code: 'ask-no-signal',
      symptom: `Nothing arrives${channel === null ? '' : ` on ${channel.index}`}: ${channel?.channel.silence === 'digitalZero' ? 'exact zeros' : 'a noise floor'}.`,
      cause: 'A cable half out, a gain shut, 48 V off for a condenser, or another socket than on the sheet.',
      fix: 'Seat the cable, open the gain; for a condenser switch 48 V on; run a line check to see where it comes in.',
      confidence: 'low',
      evidence: [],
      question: 'Is the microphone a condenser or a dynamic?',
    },
  ];
}

function headphones(
  rig: Rig,
  ask: (code: string, words: Pick<Finding, 'symptom' | 'cause' | 'fix'> & { question: string }) => Finding[],
): Finding[] {
  const note =
    rig.sheet === null ? undefined : checkSheet(rig.sheet).find(({ code }) => code === 'headphone-power-low');
  if (note !== undefined) {
    return [
      {
        code: note.code,
        severity: 'warning',
        where: note.where,
        symptom: note.what,
        cause: note.why,
        fix: note.fix,
        confidence: 'medium',
        sinceMs: rig.inputs.snapshot.uptimeMs,
        evidence: ['impedance and power, by the sheet'],
      },
    ];
  }
  return ask('ask-headphones', {
    symptom: "Headphones can't be seen from here.",
    cause: 'Headphones of 250 ohm and more want 100 mW; many outputs have 30 to 50.',
    fix: 'From 250 ohm up use a headphone amp on a line output; else turn up the headphone knob and the mix that feeds it.',
    question: 'How many ohm does it say on the headphones?',
  });
}
