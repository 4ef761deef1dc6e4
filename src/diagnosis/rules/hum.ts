/** Mains hum: on one channel, or on all of a box. */
import type { Rig, RigChannel } from '../rig.ts';
import type { OtherCause, Rule, Seen } from '../rule.ts';
import { noteOn } from './channel.ts';

const humming = (channels: readonly RigChannel[]) => channels.filter(({ facts }) => facts.hum !== null);
/** A box hums as a whole when three quarters of its live channels do, and at least four. */
const wholeBox = (members: readonly RigChannel[]) => {
  const alive = members.filter(({ channel }) => channel.silence !== 'digitalZero');
  const hum = humming(alive);
  return hum.length >= 4 && hum.length >= 0.75 * alive.length;
};

const loop: OtherCause = {
  code: 'ground-loop',
  cause: 'A loop through two mains outlets.',
  fix: 'Plug all gear into one outlet strip. Never lift the safety earth.',
};

function words(channel: RigChannel, rig: Rig): Partial<Seen> {
  const { baseHz, dbfs, strongest } = channel.facts.hum!;
  const level = dbfs === null ? '' : ` at ${dbfs.toFixed(0)} dBFS`;
  const run = noteOn(rig, channel.index, 'unbalanced-run-long');
  const base = {
    symptom: `${channel.name} hums: ${baseHz} Hz and its multiples${level}.`,
    evidence: [`${baseHz} Hz${level}`, `strongest line ${baseHz * strongest} Hz`],
    question: `Is it still there with the cable of ${channel.name} pulled?`,
  };
  if (run !== null) return { ...base, cause: `${run.what} ${run.why}`, fix: run.fix, others: [loop] };
  if (strongest === 1)
    return {
      ...base,
      cause: `Mostly ${baseHz} Hz: a magnetic field of a transformer or motor near the source, or a loop through two outlets.`,
      fix: 'Turn or move the source and its cable away from power supplies; then plug all gear into one outlet strip.',
      others: [loop],
    };
  return {
    ...base,
    cause: `Mostly ${baseHz * strongest} Hz: a rectifier's buzz, by a worn power supply or over the ground between two boxes.`,
    fix: 'Plug all gear into one outlet strip; use balanced cable, or an isolation transformer. Never lift the safety earth.',
    others: [loop],
  };
}

export const HUM_RULES: readonly Rule[] = [
  {
    code: 'bank-hum',
    symptom: 'All channels of a box hum alike.',
    cause: 'The ground between two boxes: they stand on different outlets.',
    fix: 'Plug all gear into one outlet strip. Never lift the safety earth.',
    evidence: 'hum on three quarters of its live channels, at least four',
    severity: 'warning',
    confidence: 'medium',
    afterMs: 0,
    find: (rig) =>
      rig.running
        ? rig.ports
            .filter(({ channels }) => wholeBox(channels))
            .map((port) => {
              const hum = humming(port.channels);
              const where = port.box ?? port.bank.name;
              return {
                where,
                channels: port.channels.map(({ index }) => index),
                symptom: `All of ${where} hums: ${hum[0]!.facts.hum!.baseHz} Hz on ${hum.length} channels.`,
                cause: `The ground between ${where} and what is plugged into it: they stand on different outlets.`,
                fix: 'Plug all gear into one outlet strip. Never lift the safety earth.',
                evidence: [`${hum.length} channels hum`],
                question: `Is it still there with nothing plugged into ${where}?`,
              };
            })
        : [],
  },
  {
    code: 'channel-hum',
    symptom: 'A channel hums: lines at 50 or 60 Hz and their multiples.',
    cause:
      'Mostly 50 or 60 Hz: a magnetic field or a loop. Mostly 100 or 120 Hz: a rectifier, over ground or a power supply.',
    fix: 'One outlet strip for all gear, balanced cable, an isolation transformer. Never lift the safety earth.',
    evidence: 'two harmonics 12 dB above the floor in three windows of 4 s; the cable on the sheet',
    severity: 'warning',
    confidence: 'medium',
    afterMs: 0,
    find: (rig) =>
      rig.running
        ? humming(rig.channels)
            .filter((channel) => channel.port === null || !wholeBox(channel.port.channels))
            .map((channel) => ({
              where: channel.name,
              channels: [channel.index],
              symptom: '',
              cause: '',
              fix: '',
              evidence: [],
              ...words(channel, rig),
            }))
        : [],
  },
];
