/** Ports and what is on their other end. */
import { syncWords } from '../../guide/checks.ts';
import { adatChannels } from '../../guide/patchSheet.ts';
import { isMic, type Rig, type RigPort } from '../rig.ts';
import type { OtherCause, Rule, Seen } from '../rule.ts';

const kHz = (rateHz: number) => `${Number((rateHz / 1000).toFixed(1))} kHz`;
const indices = (port: RigPort) => port.channels.map(({ index }) => index);

/** All channels of a port with a box to its name are exact zeros. */
const dark = (port: RigPort) =>
  port.box !== null &&
  port.channels.length > 0 &&
  port.channels.every(({ channel }) => channel.silence === 'digitalZero');
const digital = (rig: Rig) =>
  rig.running
    ? rig.ports.filter(({ bank }) => bank.kind === 'adat' || bank.kind === 'spdif' || bank.kind === 'aes')
    : [];
/** What the sheet runs over the fibre of this port. */
const inputsOf = (rig: Rig, port: RigPort) =>
  rig.sheet?.inputs.filter((input) => input.box === port.expander?.id) ?? [];

const wrongMode = (rig: Rig, port: RigPort) =>
  port.bank.kind === 'adat' && /S\/?PDIF Opt/i.test(rig.inputs.snapshot.clock.portMode ?? '');

const offFibre = (port: RigPort): OtherCause => ({
  code: 'fibre-out',
  cause: `The cable from ${port.box} is out, bent, or in its other socket.`,
  fix: `Check the cable from the OUT of ${port.box} to ${port.bank.name}: red light must come out of it.`,
});
const otherFormat = (port: RigPort): OtherCause => ({
  code: 'port-mode-wrong',
  cause: `${port.bank.name} is set to another format in the interface.`,
  fix: `Set the port to ${port.bank.kind === 'adat' ? 'ADAT' : 'S/PDIF'} in the interface's own software.`,
});

export const LINK_RULES: readonly Rule[] = [
  {
    code: 'port-mode-wrong',
    symptom: 'A port with a box on it is dark, and its mode is another format.',
    cause: 'The optical port is set to S/PDIF, and ADAT is plugged into it.',
    fix: "Set the port to ADAT in the interface's own software.",
    evidence: 'exact zeros on all its channels; the port mode control',
    severity: 'alarm',
    confidence: 'high',
    afterMs: 1500,
    find: (rig) =>
      digital(rig)
        .filter((port) => dark(port) && wrongMode(rig, port))
        .map((port) => ({
          where: port.box!,
          channels: indices(port),
          symptom: `${port.bank.name} is digital zero on all its channels.`,
          cause: `The interface's port is set to ${rig.inputs.snapshot.clock.portMode}; ${port.box} sends ADAT.`,
          fix: "Set the port to ADAT in the interface's own software.",
          evidence: [`port mode: ${rig.inputs.snapshot.clock.portMode}`, `zeros on ${port.channels.length} channels`],
        })),
  },
  {
    code: 'expander-rate',
    symptom: 'A box sends nothing at the rate of the session.',
    cause: 'The model has no S/MUX, or ends below this rate over ADAT.',
    fix: 'Run the session at a rate that the box has.',
    evidence: 'the rate of the stream; the table of expanders',
    severity: 'alarm',
    confidence: 'high',
    afterMs: 0,
    find: (rig) =>
      digital(rig)
        .filter((port) => port.model !== null && rig.rateHz > port.model.maxAdatRateHz)
        .map((port) => ({
          where: port.box!,
          channels: indices(port),
          symptom: `${port.box} sends nothing over ADAT at ${kHz(rig.rateHz)}.`,
          cause:
            port.model!.maxAdatRateHz === 48000
              ? `The ${port.model!.name} has no S/MUX: 44.1 and 48 kHz only.`
              : `The ${port.model!.name} ends at ${kHz(port.model!.maxAdatRateHz)} over ADAT.`,
          fix: `Run the session at ${kHz(port.model!.maxAdatRateHz)} or below, or use another box.`,
          evidence: [`rate of the stream: ${kHz(rig.rateHz)}`],
        })),
  },
  {
    code: 'smux-half',
    symptom: 'Inputs of an expander have no way into the interface at this rate.',
    cause: 'One fibre carries 8 channels at 44.1 and 48 kHz, 4 at 88.2 and 96, 2 at 176.4 and 192.',
    fix: 'Run a second fibre, or go down to 48 kHz.',
    evidence: 'the rate of the stream; the inputs on the sheet; its fibres',
    severity: 'alarm',
    confidence: 'high',
    afterMs: 0,
    find: (rig) =>
      digital(rig).flatMap((port): Seen[] => {
        const fibres = port.expander?.fibres.length ?? 0;
        const most = adatChannels(rig.rateHz) * fibres;
        const lost = inputsOf(rig, port).filter((input) => input.input > most);
        if (fibres === 0 || port.bank.kind !== 'adat' || lost.length === 0) return [];
        if (port.bank.id !== port.expander!.fibres[0]) return [];
        const names = lost.map((input) => input.name || `input ${input.input}`).join(', ');
        return [
          {
            where: port.box!,
            channels: lost.map((input) => input.channel),
            symptom: `${names} of ${port.box} do not reach the interface.`,
            cause: `At ${kHz(rig.rateHz)} ${fibres === 1 ? 'one fibre carries' : `${fibres} fibres carry`} ${most} channels.`,
            fix: `Run a second fibre from ${port.box} if both have the sockets, or go down to 48 kHz.`,
            evidence: [`rate of the stream: ${kHz(rig.rateHz)}`, `inputs beyond ${most} on the sheet: ${lost.length}`],
          },
        ];
      }),
  },
  {
    code: 'bank-zero-locked',
    symptom: 'A port is locked, and all its channels are exact zeros.',
    cause: 'The box sends digital silence: muted, or nothing assigned to its ADAT output.',
    fix: 'Look at mute and output routing of the box, then at the routing of the interface.',
    evidence: "exact zeros; the port's lock control",
    severity: 'warning',
    confidence: 'medium',
    afterMs: 1500,
    find: (rig) =>
      digital(rig)
        .filter((port) => dark(port) && (port.lock === 'locked' || port.lock === 'sync'))
        .map((port) => ({
          where: port.box!,
          channels: indices(port),
          symptom: `${port.bank.name} is locked, and digital zero on all its channels.`,
          cause: `${port.box} sends digital silence: it is muted, or nothing is assigned to its output.`,
          fix: `Look at mute and output routing of ${port.box}.`,
          evidence: [`lock control: ${port.lock}`, `zeros on ${port.channels.length} channels`],
          others: [
            {
              code: 'routing-off',
              cause: 'The routing of the interface sends nothing to these channels.',
              fix: `Route ${port.bank.name} to them in the interface's own software.`,
            },
          ],
        })),
  },
  {
    code: 'bank-zero',
    symptom: 'All channels of a port are exact zeros.',
    cause: 'The box is off, its cable is out, or the port is set to another format.',
    fix: "Switch the box on, check the cable, and the port's mode in the interface.",
    evidence: 'exact zeros; no control that tells more',
    severity: 'warning',
    confidence: 'medium',
    afterMs: 1500,
    find: (rig) =>
      digital(rig)
        .filter((port) => dark(port) && port.bank.sync !== 'lock' && port.lock !== 'noLock')
        .map((port) => ({
          where: port.box!,
          channels: indices(port),
          symptom: `${port.bank.name} is digital zero on all its channels.`,
          cause: `${port.box} is off, its cable is out, or the port is set to another format.`,
          fix: `Switch ${port.box} on, check the cable from its OUT to ${port.bank.name}, and the port's mode in the interface.`,
          evidence: [`zeros on ${port.channels.length} channels`, 'no control tells of this port'],
          others: [offFibre(port), otherFormat(port)],
        })),
  },
  {
    code: 'port-no-lock',
    symptom: 'The port of a box has no lock: nothing is decoded.',
    cause: 'The box is off, its cable is out or loose, or the port is set to another format.',
    fix: "Switch the box on, check the cable, and the port's mode in the interface.",
    evidence: "the port's lock control",
    severity: 'alarm',
    confidence: 'high',
    afterMs: 0,
    find: (rig) =>
      digital(rig)
        .filter((port) => port.box !== null && port.lock === 'noLock')
        .map((port) => ({
          where: port.box!,
          channels: indices(port),
          symptom: `${port.bank.name} has no lock: nothing is decoded.`,
          cause: `${port.box} is off or was restarted, its ${port.bank.kind === 'adat' ? 'fibre' : 'cable'} is out or loose, or the port is set to another format.`,
          fix: `Switch ${port.box} on, check the ${port.bank.kind === 'adat' ? 'fibre' : 'cable'} from its OUT to ${port.bank.name}, and the port's mode in the interface.`,
          evidence: ['lock control: no lock'],
          others: [offFibre(port), otherFormat(port)],
        })),
  },
  {
    code: 'routing-off',
    symptom: 'Channels on the sheet get nothing from the routing of the interface.',
    cause: 'Their source in the routing is Off.',
    fix: "Route the inputs to them in the interface's own software.",
    evidence: 'the routing controls; the inputs on the sheet',
    severity: 'alarm',
    confidence: 'high',
    afterMs: 500,
    find: (rig) => {
      const off = rig.channels.filter(({ input, routed }) => input !== null && routed === 'Off');
      const boxes = new Map<string, typeof off>();
      for (const channel of off) boxes.set(channel.input!.box, [...(boxes.get(channel.input!.box) ?? []), channel]);
      return [...boxes].flatMap(([id, members]): Seen[] => {
        const expander = rig.sheet?.expanders.find((one) => one.id === id);
        const whole = rig.sheet!.inputs.filter((input) => input.box === id).length;
        const words = (where: string, channels: readonly number[]): Seen => ({
          where,
          channels,
          symptom: `${channels.length === 1 ? `${where} is` : `${channels.length} channels are`} digital zero.`,
          cause: "Their source in the interface's routing is Off.",
          fix: `Route ${expander?.name || 'the inputs'} to channel${channels.length === 1 ? '' : 's'} ${channels.join(', ')} in the interface's own software.`,
          evidence: [`routing of channel ${channels[0]}: Off`],
        });
        if (expander !== undefined && members.length === whole && whole > 1)
          return [
            words(
              expander.name || expander.id,
              members.map(({ index }) => index),
            ),
          ];
        return members.map(({ name, index }) => words(name, [index]));
      });
    },
  },
  {
    code: 'bank-no-source',
    symptom: 'All microphones of a box are dead, while others hear the room.',
    cause: 'The link is fine; what feeds the preamps is not: a snake, a stage box, 48 V for all.',
    fix: 'Check what comes into the box: its multicore, its input select, its 48 V.',
    evidence: 'steady noise floors on all its microphones for 10 s; signal elsewhere',
    severity: 'warning',
    confidence: 'high',
    afterMs: 0,
    find: (rig) =>
      digital(rig).flatMap((port): Seen[] => {
        const mics = port.channels.filter(({ input }) => isMic(input));
        if (port.box === null || mics.length < 3 || !mics.every((mic) => deadFloor(mic)) || !roomIsLoud(rig, port))
          return [];
        return [
          {
            where: port.box,
            channels: mics.map(({ index }) => index),
            symptom: `All ${mics.length} microphones of ${port.box} are at their noise floor, while others hear the room.`,
            cause: `The fibre is fine, for its bits are alive; what feeds ${port.box} is not: a multicore, a stage box, or 48 V.`,
            fix: `Check what is plugged into ${port.box}, and its 48 V.`,
            evidence: mics
              .slice(0, 3)
              .map(({ name, channel }) => `${name}: ${channel.rmsDbfs?.toFixed(0)} dBFS, steady`),
          },
        ];
      }),
  },
];

/** Alive, under -70 dBFS, and as steady as nothing but a preamp's own noise is. */
export function deadFloor({ channel, movedDb }: { channel: { silence: string }; movedDb: number | null }): boolean {
  return channel.silence === 'noiseFloor' && movedDb !== null && movedDb < 1.5;
}

/** At least one other microphone hears something well above its floor. */
export function roomIsLoud(rig: Rig, but: RigPort | null, least = 1): boolean {
  const loud = rig.channels.filter(
    (other) => isMic(other.input) && (but === null || other.port !== but) && (other.channel.rmsDbfs ?? -200) > -50,
  );
  return loud.length >= least;
}

/** How to make this box follow the interface, in its own words. */
export function followWords(port: RigPort): string {
  if (port.expander === null) return `Set ${port.box ?? port.bank.name} to follow the interface (external, ADAT).`;
  return `${port.box}: ${syncWords(port.expander, 'adat')}.`;
}
