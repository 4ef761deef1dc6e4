/** One channel: its level, its bits, its cable, its microphone. */
import { type CheckCode, checkSheet, type GuideNote, phantomReaches } from '../../guide/checks.ts';
import { effectiveMode, type PatchSheet } from '../../guide/patchSheet.ts';
import { boxOfInput, channelName, hasPreamp, isLine, isMic, needsPhantom, type Rig, type RigChannel } from '../rig.ts';
import type { OtherCause, Rule, Seen } from '../rule.ts';
import { deadFloor, roomIsLoud } from './link.ts';

const db = (level: number | null) => (level === null ? 'nothing' : `${level.toFixed(1)} dBFS`);
const live = (rig: Rig) => (rig.running ? rig.channels : []);

const noted = new WeakMap<PatchSheet, readonly GuideNote[]>();
/** The guide's note of that code on this channel. */
export function noteOn(rig: Rig, channel: number, code: CheckCode): GuideNote | null {
  if (rig.sheet === null) return null;
  const notes = noted.get(rig.sheet) ?? checkSheet(rig.sheet);
  noted.set(rig.sheet, notes);
  return notes.find((note) => note.code === code && note.channels.includes(channel)) ?? null;
}

/** Each channel that the predicate picks, in words. */
function each(
  pick: (channel: RigChannel, rig: Rig) => boolean,
  words: (channel: RigChannel, rig: Rig) => Partial<Seen>,
) {
  return (rig: Rig): Seen[] =>
    live(rig)
      .filter((channel) => pick(channel, rig))
      .map((channel) => ({
        where: channel.name,
        channels: [channel.index],
        symptom: '',
        cause: '',
        fix: '',
        evidence: [],
        ...words(channel, rig),
      }));
}

const signal = ({ channel }: RigChannel) => channel.silence === 'none';
const floor = ({ channel }: RigChannel) => channel.silence === 'noiseFloor';
const stereoRight = /(\bR|right|_r)$/i;
const stereoLeft = /(\bL|left|_l)$/i;

/** What the switch says of 48 V, else the sheet. */
function phantom(channel: RigChannel, rig: Rig): { readonly on: boolean; readonly by: 'control' | 'sheet' } {
  const told = channel.switches?.phantom ?? null;
  if (told !== null) return { on: told, by: 'control' };
  return { on: rig.sheet !== null && phantomReaches(rig.sheet, channel.input!), by: 'sheet' };
}

/** Name of a passive ribbon that shares the 48 V switch of this channel, or null. */
function ribbonInGroup({ input }: RigChannel, rig: Rig): string | null {
  if (input === null || input.phantomGroup === null) return null;
  const { box, phantomGroup, channel } = input;
  const ribbon = rig.sheet?.inputs.find(
    (other) =>
      other.source === 'ribbonPassive' &&
      other.channel !== channel &&
      other.box === box &&
      other.phantomGroup === phantomGroup,
  );
  return ribbon?.name ?? null;
}

function instrumentInput({ switches, input }: RigChannel): boolean {
  return switches?.inst ?? (input !== null && effectiveMode(input) === 'inst');
}

/** A switch that contradicts the sheet is believed: it was read just now. */
function lineInput({ switches, input }: RigChannel): boolean {
  if (switches?.inst != null) return !switches.inst;
  return input !== null && effectiveMode(input) === 'line';
}

const hot = ({ channel, facts }: RigChannel) =>
  channel.clips > 0 || facts.flatTop || (channel.truePeakDbtp ?? -200) > -3;

const noPower: OtherCause = {
  code: 'phantom-off',
  cause: '48 V does not reach it, whatever the sheet says.',
  fix: 'Look at the 48 V light of its preamp.',
};

export const CHANNEL_RULES: readonly Rule[] = [
  {
    code: 'phantom-on-ribbon',
    symptom: '48 V is on at a passive ribbon.',
    cause: 'A fault in the cable, or the plug going in, puts 48 V across the ribbon and can tear it.',
    fix: 'Switch 48 V off on this input now; wait ten seconds before touching the cable.',
    evidence: 'the 48 V control, else the sheet',
    severity: 'alarm',
    confidence: 'high',
    afterMs: 0,
    find: each(
      (channel, rig) => channel.input?.source === 'ribbonPassive' && phantom(channel, rig).on,
      (channel, rig) => {
        const note = noteOn(rig, channel.index, 'phantom-on-passive-ribbon');
        return {
          symptom: note?.what ?? '48 V is on at a passive ribbon.',
          cause:
            note?.why ?? 'A fault in the cable, or the plug going in, puts 48 V across the ribbon and can tear it.',
          fix: note?.fix ?? 'Switch 48 V off on this input now; wait ten seconds before touching the cable.',
          evidence: [`48 V on, by the ${phantom(channel, rig).by}`],
        };
      },
    ),
  },
  {
    code: 'channel-muted',
    symptom: 'A channel on the sheet is muted in the interface.',
    cause: 'Its mute switch is on.',
    fix: 'Take the mute off in the interface.',
    evidence: 'the mute control',
    severity: 'warning',
    confidence: 'high',
    afterMs: 0,
    find: each(
      ({ input, switches }) => input !== null && switches?.muted === true,
      ({ name, switches }) => ({
        symptom: `${name} is silent.`,
        cause: `Input ${switches!.input} has its mute switch on.`,
        fix: `Take the mute off input ${switches!.input} in the interface.`,
        evidence: ['mute control: on'],
      }),
    ),
  },
  {
    code: 'phantom-off',
    symptom: 'A condenser, active ribbon or active DI is silent, and 48 V is off.',
    cause: 'Its electronics need 48 V: without it there is no signal, or next to none.',
    fix: 'Turn the fader down, switch 48 V on, wait a few seconds.',
    evidence: 'noise floor; the 48 V control, else the sheet',
    severity: 'warning',
    confidence: 'high',
    afterMs: 4000,
    find: each(
      (channel, rig) =>
        channel.input !== null && needsPhantom(channel.input) && floor(channel) && !phantom(channel, rig).on,
      (channel, rig) => {
        const { by } = phantom(channel, rig);
        const di = channel.input!.source === 'diActive';
        const ribbon = ribbonInGroup(channel, rig);
        return {
          symptom: `${channel.name} is silent: ${db(channel.channel.rmsDbfs)}.`,
          cause: `48 V is off, and ${di ? 'an active DI needs it, or a battery' : 'a condenser needs it'}.`,
          fix: `${ribbon === null ? '' : `First move ${ribbon} to another 48 V group: 48 V here reaches that passive ribbon too. `}Turn the fader down, switch 48 V on${di ? ' or fit a battery' : ''}, wait a few seconds.`,
          evidence: [`48 V off, by the ${by}`, `RMS ${db(channel.channel.rmsDbfs)}`],
          confidence: by === 'control' ? 'high' : 'medium',
        };
      },
    ),
  },
  {
    code: 'mic-into-line',
    symptom: 'A microphone on a line input is next to silent.',
    cause: 'A line input has no preamp for a few millivolts, the wrong load, and no 48 V.',
    fix: 'Take it to an XLR input with a preamp, on an XLR cable.',
    evidence: 'the sheet; a level under -45 dBFS',
    severity: 'warning',
    confidence: 'high',
    afterMs: 4000,
    find: each(
      (channel, rig) =>
        noteOn(rig, channel.index, 'mic-into-line-input') !== null && (channel.channel.truePeakDbtp ?? -200) < -45,
      (channel, rig) => {
        const note = noteOn(rig, channel.index, 'mic-into-line-input')!;
        return {
          symptom: `${channel.name} is next to silent: ${db(channel.channel.rmsDbfs)}.`,
          cause: `${note.what} ${note.why}`,
          fix: note.fix,
          evidence: [`highest peak ${db(channel.channel.truePeakDbtp)}`, 'the sheet'],
        };
      },
    ),
  },
  {
    code: 'gain-low',
    symptom: 'A channel on the sheet is next to silent, and its gain is at the stop.',
    cause: 'The gain of its preamp is shut.',
    fix: 'Open the gain until peaks reach -18 to -12 dBFS.',
    evidence: 'the gain control; a level under -45 dBFS',
    severity: 'warning',
    confidence: 'high',
    afterMs: 4000,
    find: each(
      ({ input, switches, channel }) =>
        input !== null && switches?.gain === 0 && hasPreamp(input) && (channel.truePeakDbtp ?? -200) < -45,
      ({ name, switches, channel }) => ({
        symptom: `${name} is next to silent: ${db(channel.rmsDbfs)}.`,
        cause: `The gain of input ${switches!.input} is at its stop.`,
        fix: `Open the gain of input ${switches!.input} until peaks reach -18 to -12 dBFS.`,
        evidence: ['gain control: 0', `highest peak ${db(channel.truePeakDbtp)}`],
      }),
    ),
  },
  {
    code: 'channel-dead',
    symptom: 'A microphone hears nothing, while others hear the room.',
    cause: 'A cable is out or broken, the wrong socket, or the preamp has no gain.',
    fix: 'Seat the cable at both ends, swap it, then look at gain and input of the preamp.',
    evidence: 'a steady noise floor for 10 s; two other microphones with signal',
    severity: 'warning',
    confidence: 'medium',
    afterMs: 0,
    find: each(
      (channel, rig) =>
        (isMic(channel.input) || channel.input?.source === 'diActive') &&
        deadFloor(channel) &&
        roomIsLoud(rig, null, 2),
      (channel, rig) => {
        const condenser = needsPhantom(channel.input!);
        const box = boxOfInput(rig, channel);
        return {
          symptom: `${channel.name} hears nothing: a steady ${db(channel.channel.rmsDbfs)}, while others hear the room.`,
          cause: `Its cable is out or broken, or it is in another socket of ${box}.`,
          fix: `Seat the cable of ${channel.name} at both ends, swap it, then look at its gain on ${box}${condenser ? ', and its 48 V' : ''}.`,
          evidence: [`RMS ${db(channel.channel.rmsDbfs)}, moved ${channel.movedDb!.toFixed(1)} dB in 10 s`],
          others: condenser ? [noPower] : [],
          question: `Does ${channel.name} show up when its cable goes into a socket that works?`,
        };
      },
    ),
  },
  {
    code: 'channel-zero',
    symptom: 'One channel of a live port is exact zero.',
    cause: 'A preamp always has noise: the channel is muted in the box before, or its slot is not sent.',
    fix: 'Look at mute and output routing of that box, and at the routing of the interface.',
    evidence: 'exact zeros; live neighbours; a preamp on the sheet',
    severity: 'warning',
    confidence: 'high',
    afterMs: 2500,
    find: each(
      ({ input, channel, port }) =>
        hasPreamp(input) &&
        channel.silence === 'digitalZero' &&
        port?.channels.some((other) => other.channel.silence !== 'digitalZero') === true,
      (channel, rig) => ({
        symptom: `${channel.name} is digital zero; its neighbours are alive.`,
        cause: `A preamp always has noise: ${boxOfInput(rig, channel)} does not send this channel, or mutes it.`,
        fix: `Look at mute and output routing of ${boxOfInput(rig, channel)}, and at the routing of the interface.`,
        evidence: ['exact zeros', 'neighbours alive'],
      }),
    ),
  },
  {
    code: 'channel-frozen',
    symptom: 'A channel stands at one value.',
    cause: 'Its converter has stopped.',
    fix: 'Switch the box that converts it off and on; if it stays, that input is broken.',
    evidence: 'all samples equal, and not zero',
    severity: 'alarm',
    confidence: 'high',
    afterMs: 1500,
    find: each(
      ({ channel }) => channel.silence === 'frozen',
      (channel, rig) => ({
        symptom: `${channel.name} stands at one value.`,
        cause: `The converter of ${boxOfInput(rig, channel)} has stopped on this channel.`,
        fix: `Switch ${boxOfInput(rig, channel)} off and on; if it stays, that input is broken.`,
        evidence: ['all samples equal, and not zero'],
      }),
    ),
  },
  {
    code: 'channel-bits-stuck',
    symptom: 'A bit of a channel never moves.',
    cause: 'A converter or a digital link before the interface is broken.',
    fix: 'Use another input; have the box repaired.',
    evidence: 'a bit of 24 always 1, or always 0 above one that moves',
    severity: 'alarm',
    confidence: 'high',
    afterMs: 2500,
    find: each(
      ({ facts, channel }) => facts.stuckBits.length > 0 && channel.silence !== 'frozen',
      (channel, rig) => ({
        symptom: `Bit ${channel.facts.stuckBits.join(', ')} of ${channel.name} never moves.`,
        cause: `A converter or a digital link before the interface is broken: ${boxOfInput(rig, channel)}.`,
        fix: `Use another input of ${boxOfInput(rig, channel)}; have it repaired.`,
        evidence: [`stuck bits: ${channel.facts.stuckBits.join(', ')}`],
      }),
    ),
  },
  {
    code: 'channel-copy',
    symptom: 'Two channels are the same, bit for bit.',
    cause: 'One source is routed to both; the other is not recorded.',
    fix: 'Route each input to its own channel.',
    evidence: 'equal samples for a second or more; the routing controls',
    severity: 'alarm',
    confidence: 'high',
    afterMs: 500,
    find: each(
      ({ facts, input }) => facts.copyOf !== null && input !== null,
      (channel, rig) => {
        const first = rig.channels.find(({ index }) => index === channel.facts.copyOf)!;
        const same = channel.routed !== '' && channel.routed === first.routed;
        const told = channel.routed !== '' && !same;
        const routing = `One source is routed to both channels${same ? `: ${channel.routed}` : ''}.`;
        const upstream: OtherCause = {
          code: 'copied-upstream',
          cause: `${boxOfInput(rig, channel)} sends one input on both.`,
          fix: `Look at the link and routing of ${boxOfInput(rig, channel)}.`,
        };
        return {
          symptom: `${channel.name} is the same as ${first.name}, bit for bit: ${channel.name} itself is not recorded.`,
          cause: told ? `${upstream.cause}` : routing,
          fix: `Route ${channel.name} to channel ${channel.index}, where ${first.name} stands now.`,
          evidence: [
            `equal to channel ${first.index}`,
            ...(channel.routed === '' ? [] : [`routing: ${first.routed}, ${channel.routed}`]),
          ],
          confidence: same ? ('high' as const) : ('medium' as const),
          others: same ? [] : [upstream],
        };
      },
    ),
  },
  {
    code: 'line-into-instrument',
    symptom: 'A line source is too hot for the instrument input that it is in.',
    cause: 'Instrument inputs expect far less level: it distorts before the meter shows full.',
    fix: 'Switch the input to Line, or move the cable to a line input.',
    evidence: 'the Inst control, else the sheet; clips, flat tops or peaks above -3 dBFS',
    severity: 'warning',
    confidence: 'high',
    afterMs: 0,
    find: each(
      (channel) => channel.input !== null && isLine(channel.input) && instrumentInput(channel) && hot(channel),
      (channel) => ({
        symptom: `${channel.name} is too hot: ${db(channel.channel.truePeakDbtp)}.`,
        cause: 'A line source goes into an input that is switched to Inst, which expects far less level.',
        fix: `Switch input ${channel.switches?.input ?? channel.input!.input} from Inst to Line, or move the cable to a line input.`,
        evidence: [
          channel.switches?.inst == null ? 'Inst, by the sheet' : 'Inst, by the control',
          `highest peak ${db(channel.channel.truePeakDbtp)}`,
        ],
      }),
    ),
  },
  {
    code: 'plus4-into-minus10',
    symptom: 'A +4 dBu source clips an input set to -10 dBV.',
    cause: 'It arrives 11.8 dB hotter than the input is lined up for.',
    fix: 'Switch the input to +4, put the pad in, or turn the source down 12 dB.',
    evidence: 'the levels on the sheet; clips, flat tops or peaks above -3 dBFS',
    severity: 'warning',
    confidence: 'medium',
    afterMs: 0,
    find: each(
      (channel, rig) => noteOn(rig, channel.index, 'plus4-into-minus10') !== null && hot(channel),
      (channel, rig) => {
        const note = noteOn(rig, channel.index, 'plus4-into-minus10')!;
        return {
          symptom: `${channel.name} is too hot: ${db(channel.channel.truePeakDbtp)}.`,
          cause: `${note.what} ${note.why}`,
          fix: note.fix,
          evidence: ['nominal levels, by the sheet', `highest peak ${db(channel.channel.truePeakDbtp)}`],
        };
      },
    ),
  },
  {
    code: 'channel-clipping',
    symptom: 'A channel runs into full scale.',
    cause: 'Its gain is too high for what comes in.',
    fix: 'Turn the gain down until peaks reach -12 dBFS; use the pad if that is not enough.',
    evidence: 'samples in a row at full scale',
    severity: 'warning',
    confidence: 'high',
    afterMs: 0,
    find: each(
      ({ channel }) => channel.clips > 0,
      (channel, rig) => {
        const box = boxOfInput(rig, channel);
        const pad = channel.switches?.pad;
        const expander = channel.port?.bank.kind !== 'analogue' && channel.port?.box != null;
        const at = expander
          ? `of ${channel.name} on ${box}`
          : channel.switches
            ? `of input ${channel.switches.input}`
            : `of ${channel.name}`;
        return {
          symptom: `${channel.name} clipped ${channel.channel.clips === 1 ? 'once' : `${channel.channel.clips} times`}.`,
          cause: `The gain ${at} is too high for what comes in.`,
          fix: `Turn the gain ${at} down until peaks reach -12 dBFS${pad === false ? '; if that is not enough, put its pad in' : ''}.`,
          evidence: [`${channel.channel.clips} clips`, `highest peak ${db(channel.channel.truePeakDbtp)}`],
        };
      },
    ),
  },
  {
    code: 'channel-flat-top',
    symptom: 'Tops are cut flat below full scale.',
    cause: 'Something before this converter clips: a preamp, a mixer, a limiter.',
    fix: 'Turn down what comes before the box, then bring the gain up again.',
    evidence: 'runs of equal samples at the top of three blocks in a second',
    severity: 'warning',
    confidence: 'medium',
    afterMs: 0,
    find: each(
      ({ facts, channel }) => facts.flatTop && channel.clips === 0,
      (channel, rig) => ({
        symptom: `Tops of ${channel.name} are cut flat at ${db(channel.channel.truePeakDbtp)}.`,
        cause: `Something before ${boxOfInput(rig, channel)} clips, or a stage inside it: a preamp, a mixer, a limiter.`,
        fix: `Turn down what comes before it; the gain of ${channel.name} hides the damage, it does not mend it.`,
        evidence: [`flat tops at ${db(channel.channel.truePeakDbtp)}`],
        question: `Are the tops still flat with the source of ${channel.name} 20 dB softer?`,
      }),
    ),
  },
  {
    code: 'minus10-into-plus4',
    symptom: 'A -10 dBV source is low on an input set to +4 dBu.',
    cause: 'It arrives 11.8 dB low, and the gain that makes up for it brings the noise up too.',
    fix: 'Switch the input to -10, or turn the source up.',
    evidence: 'the levels on the sheet; no peak above -20 dBFS',
    severity: 'info',
    confidence: 'low',
    afterMs: 4000,
    find: each(
      (channel, rig) =>
        noteOn(rig, channel.index, 'minus10-into-plus4') !== null &&
        signal(channel) &&
        (channel.channel.truePeakDbtp ?? 0) < -20,
      (channel, rig) => {
        const note = noteOn(rig, channel.index, 'minus10-into-plus4')!;
        return {
          symptom: `${channel.name} is low: no peak above ${db(channel.channel.truePeakDbtp)}.`,
          cause: `${note.what} ${note.why}`,
          fix: note.fix,
          evidence: ['nominal levels, by the sheet', `highest peak ${db(channel.channel.truePeakDbtp)}`],
        };
      },
    ),
  },
  {
    code: 'passive-instrument-into-line',
    symptom: 'A passive instrument plays into a line input.',
    cause: 'The low input impedance loads the pickups: dull and quiet.',
    fix: 'Switch the input to Inst or use a Hi-Z input; without one, put a DI in between.',
    evidence: 'the Inst control, else the sheet; a signal',
    severity: 'warning',
    confidence: 'medium',
    afterMs: 2000,
    find: each(
      (channel) => channel.input?.source === 'instrumentPassive' && lineInput(channel) && signal(channel),
      (channel) => ({
        symptom: `${channel.name} plays into a line input: dull and quiet.`,
        cause: 'The low input impedance loads the pickups; they want about 1 megohm.',
        fix: `Switch input ${channel.switches?.input ?? channel.input!.input} to Inst or use a Hi-Z input; without one, put a DI in between.`,
        evidence: [channel.switches?.inst === false ? 'Line, by the control' : 'Line, by the sheet'],
      }),
    ),
  },
  {
    code: 'channel-dc',
    symptom: 'The mean of a channel is not zero.',
    cause: 'A coupling capacitor leaks, or a converter is off its zero.',
    fix: 'Use another input; a high-pass filter hides it on the track.',
    evidence: 'a mean beyond -60 dBFS on one side for 5 s',
    severity: 'warning',
    confidence: 'medium',
    afterMs: 0,
    find: each(
      ({ facts, channel }) => facts.dcDbfs !== null && channel.silence !== 'frozen',
      (channel, rig) => ({
        symptom: `${channel.name} has a DC offset of ${db(channel.facts.dcDbfs)}.`,
        cause: `A coupling capacitor leaks, or the converter of ${boxOfInput(rig, channel)} is off its zero.`,
        fix: `Use another input of ${boxOfInput(rig, channel)}; a high-pass filter hides it on the track.`,
        evidence: [`mean ${db(channel.facts.dcDbfs)}`],
        question: 'Is it still there with nothing plugged in?',
      }),
    ),
  },
  {
    code: 'channel-polarity',
    symptom: 'The two sides of a stereo pair are of opposite polarity.',
    cause: 'One of its cables swaps pins 2 and 3, or tip and ring.',
    fix: 'Swap that cable; or press the polarity switch of one preamp.',
    evidence: 'a correlation under -0.9 of neighbours named left and right',
    severity: 'warning',
    confidence: 'medium',
    afterMs: 1500,
    find: each(
      (channel, rig) =>
        channel.facts.oppositeTo === channel.index - 1 &&
        stereoRight.test(channel.name) &&
        stereoLeft.test(channelName(rig, channel.index - 1)),
      (channel, rig) => ({
        channels: [channel.index - 1, channel.index],
        symptom: `${channel.name} and ${channelName(rig, channel.index - 1)} are of opposite polarity.`,
        cause: 'One of their cables swaps pins 2 and 3, or tip and ring.',
        fix: `Swap the cable of ${channel.name}; or press the polarity switch of one of the two.`,
        evidence: ['correlation of the two under -0.9'],
        others: [
          {
            code: 'polarity-switch',
            cause: 'A polarity switch of one preamp is pressed.',
            fix: 'Look at the polarity switches of both.',
          },
        ],
      }),
    ),
  },
];
