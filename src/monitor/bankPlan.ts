/**
 * Which channels share a receiver: the user's word first, then how the device itself routes its channels, then the table of
 * interfaces, then the source's own, then groups of 8.
 */
import type { Config } from '../config/schema.ts';
import type { InterfaceMap, PortMap } from '../device/interfaces/interfaceMap.ts';
import type { StreamInfo } from '../device/ports.ts';
import type { BankKind } from './snapshot.ts';

export interface PlannedBank {
  readonly id: string;
  readonly name: string;
  readonly box: string | null;
  readonly kind: BankKind;
  /** 1-based. */
  readonly first: number;
  readonly last: number;
}

export interface BankPlan {
  readonly banks: readonly PlannedBank[];
  /** Where it comes from; `guess` is told to the user. */
  readonly from: 'config' | 'routing' | 'table' | 'source' | 'guess';
  /** Banks that reach beyond what the interface delivers: cut short, or left out. As they were meant. */
  readonly beyond: readonly PlannedBank[];
}

const reachBeyond = (ports: readonly PlannedBank[], channels: number) => ports.filter((port) => port.last > channels);

/** The table's map for a rate: 1x to 50 kHz, 2x to 100 kHz, 4x above. null: the table does not say. */
export function portsAtRate(map: InterfaceMap, rateHz: number): readonly PortMap[] | null {
  if (rateHz <= 50_000) return map.maps.x1;
  return rateHz <= 100_000 ? map.maps.x2 : map.maps.x4;
}

function complete(ports: readonly PlannedBank[], channels: number): PlannedBank[] {
  const banks: PlannedBank[] = [];
  const taken = new Set<number>();
  for (const port of ports) {
    if (port.first > channels || port.last < port.first) continue;
    const bank = { ...port, last: Math.min(port.last, channels) };
    for (let c = bank.first; c <= bank.last; c++) taken.add(c);
    banks.push(bank);
  }
  // Channels that no port claims still get meters, in groups of at most 8.
  for (let first = 1; first <= channels; first++) {
    if (taken.has(first)) continue;
    let last = first;
    while (last < channels && !taken.has(last + 1) && last - first < 7) last++;
    banks.push({ id: `ch-${first}`, name: `Ch ${first}-${last}`, box: null, kind: 'group', first, last });
    first = last;
  }
  return banks.sort((a, b) => a.first - b.first);
}

/** Plans the banks of a stream. Every channel belongs to exactly one bank, unless the user's own banks overlap. */
export function planBanks(
  info: StreamInfo,
  configured: Config['banks'],
  map: InterfaceMap | null,
  routed: readonly PortMap[] | null = null,
): BankPlan {
  if (configured.length > 0) {
    const ports = configured.map((bank) => ({ ...bank, box: bank.box ?? null }));
    return { banks: complete(ports, info.channels), from: 'config', beyond: reachBeyond(ports, info.channels) };
  }
  const boxOf = (port: PortMap) => info.ports?.find((own) => own.id === port.id)?.box ?? null;
  if (routed !== null) {
    const ports = routed.map((port) => ({ ...port, box: boxOf(port) }));
    return { banks: complete(ports, info.channels), from: 'routing', beyond: [] };
  }
  const table = map === null ? null : portsAtRate(map, info.rateHz);
  if (table !== null) {
    const ports = table.map((port) => ({ ...port, box: boxOf(port) }));
    // A stream may be opened with fewer channels than the interface has: ports that it leaves out whole are no fault.
    const beyond = reachBeyond(ports, info.channels).filter((port) => port.first <= info.channels);
    return { banks: complete(ports, info.channels), from: 'table', beyond };
  }
  if (info.ports !== undefined && info.ports.length > 0) {
    return { banks: complete(info.ports, info.channels), from: 'source', beyond: [] };
  }
  return { banks: complete([], info.channels), from: 'guess', beyond: [] };
}
