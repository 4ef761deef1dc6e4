/**
 * What the rules look at: the Snapshot, the patch sheet and the interface's controls, joined channel by channel and port by
 * port. Pure.
 */
import type { ExpanderModel } from '../guide/expanders.ts';
import { expanderModel } from '../guide/expanders.ts';
import type { PatchExpander, PatchInput, PatchSheet, Source } from '../guide/patchSheet.ts';
import type { Bank, Channel, Finding, Snapshot } from '../monitor/snapshot.ts';

/** Everything the box knows at this instant, before it is diagnosed. */
export interface DiagnosisInputs {
  readonly snapshot: Omit<Snapshot, 'findings'>;
  /** null: nobody has written one. */
  readonly sheet: PatchSheet | null;
  /** What each capture channel carries in the interface's own words, from channel 1; empty: not told. */
  readonly routing: readonly string[];
  /** Findings that the rooms of the monitor make by themselves: capture, slips, controls, foreign data. */
  readonly found: readonly Finding[];
  /** A stream ran before: what is absent now was there. */
  readonly everRan: boolean;
}

/** What the meters judge once a second of a channel; null where it is not known. */
export interface ChannelFacts {
  /** 50 or 60; null: no hum. `strongest`: harmonic that its pattern points to, 1 the fundamental, 2 a rectifier. */
  readonly hum: { readonly baseHz: number; readonly dbfs: number | null; readonly strongest: number } | null;
  /** Mean beyond -60 dBFS for 5 s, dBFS; null: none. */
  readonly dcDbfs: number | null;
  /** Bits that never move, lowest first (0 the lowest of 24). */
  readonly stuckBits: readonly number[];
  readonly flatTop: boolean;
  /** 1-based channel that this one equals, bit for bit. */
  readonly copyOf: number | null;
  /** 1-based neighbour of opposite polarity. */
  readonly oppositeTo: number | null;
}

export interface RigChannel {
  readonly index: number;
  readonly name: string;
  readonly channel: Channel;
  readonly facts: ChannelFacts;
  readonly port: RigPort | null;
  /** Its line on the sheet. */
  readonly input: PatchInput | null;
  /** Switches of the preamp that it comes from. */
  readonly switches: Snapshot['inputs'][number] | null;
  /** Where it comes from, in the interface's own words; '' not told. */
  readonly routed: string;
  /** dB by which its RMS has moved over the last ten seconds; null: not watched for so long. */
  readonly movedDb: number | null;
}

export interface RigPort {
  readonly bank: Bank;
  /** The box on the other end, by the sheet or the configuration; null: nobody told of one. */
  readonly box: string | null;
  readonly expander: PatchExpander | null;
  readonly model: ExpanderModel | null;
  readonly channels: readonly RigChannel[];
  /** What the control of this port tells. */
  readonly lock: Snapshot['clock']['ports'][number]['lock'] | null;
}

export interface Rig {
  readonly inputs: DiagnosisInputs;
  readonly deviceName: string;
  readonly rateHz: number;
  readonly running: boolean;
  readonly channels: readonly RigChannel[];
  readonly ports: readonly RigPort[];
  readonly sheet: PatchSheet | null;
}

const MIC_SOURCES: readonly Source[] = ['dynamic', 'condenser', 'ribbonPassive', 'ribbonActive'];

export const isMic = (input: PatchInput | null): boolean => input !== null && MIC_SOURCES.includes(input.source);
/** Through a preamp: its noise is never exact zero. */
export const hasPreamp = (input: PatchInput | null): boolean =>
  isMic(input) || input?.source === 'diActive' || input?.source === 'diPassive';
export const needsPhantom = (input: PatchInput): boolean =>
  input.source === 'condenser' || input.source === 'ribbonActive' || input.source === 'diActive';
export const isLine = (input: PatchInput): boolean =>
  input.source === 'synth' || input.source === 'linePlus4' || input.source === 'lineMinus10';

/** `Vox`, or `Ch 5` where it has no name. */
export function channelName(rig: Pick<Rig, 'channels'>, index: number): string {
  return rig.channels.find((one) => one.index === index)?.name ?? `Ch ${index}`;
}

/** The box that the cable of this channel goes into, as people call it. */
export function boxOfInput(rig: Rig, channel: RigChannel): string {
  if (channel.port?.box != null && channel.port.bank.kind !== 'analogue') return channel.port.box;
  return rig.sheet?.interface.name || rig.deviceName;
}

/** The box that the sheet has on the other end of this port, by its name; null: none. */
export function boxOnSheet(sheet: PatchSheet | null, port: string): string | null {
  const expander = sheet?.expanders.find((one) => one.fibres.includes(port));
  return expander === undefined ? null : expander.name || expander.id;
}

/** `movedDb`: by channel index. */
export function rigOf(
  inputs: DiagnosisInputs,
  factsOf: (channel: Channel) => ChannelFacts,
  movedDb: (index: number) => number | null,
): Rig {
  const { snapshot, sheet, routing } = inputs;
  const ports: { -readonly [K in keyof RigPort]: RigPort[K] }[] = snapshot.banks.map((bank) => {
    const expander = sheet?.expanders.find((one) => one.fibres.includes(bank.id)) ?? null;
    const lock = snapshot.clock.ports.find((port) => port.port === bank.id)?.lock ?? null;
    return {
      bank,
      box: bank.box ?? boxOnSheet(sheet, bank.id),
      expander,
      model: expanderModel(expander?.model ?? null),
      channels: [],
      lock,
    };
  });
  const channels = snapshot.channels.map((channel): RigChannel => {
    const input = sheet?.inputs.find((one) => one.channel === channel.index) ?? null;
    const unnamed = channel.name === '' || channel.name === `Ch ${channel.index}`;
    return {
      index: channel.index,
      name: unnamed ? input?.name || `Ch ${channel.index}` : channel.name,
      channel,
      facts: factsOf(channel),
      port: ports.find((port) => port.bank.channels.includes(channel.index)) ?? null,
      input,
      switches: snapshot.inputs.find((one) => one.channel === channel.index) ?? null,
      routed: routing[channel.index - 1] ?? '',
      movedDb: movedDb(channel.index),
    };
  });
  for (const port of ports) port.channels = channels.filter((channel) => channel.port === port);
  const { capture } = snapshot;
  return {
    inputs,
    deviceName: capture.name,
    rateHz: capture.rateHz,
    running: capture.state === 'running' || capture.state === 'ended',
    channels,
    ports,
    sheet,
  };
}
