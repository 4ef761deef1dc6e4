/** What the System and Network pages tell of the box itself. */
import { readFileSync } from 'node:fs';
import type { NetworkInterfaceInfo } from 'node:os';

export interface SystemFacts {
  /** All threads, % of one core, over the last second. */
  readonly cpuPercent: number;
  readonly rssMb: number;
  readonly temperatureC: number | null;
}

const EVERY_MS = 1000;

/** Reads at most once a second, when asked. nowMs: monotonic. */
export function createSystemMeter(): (nowMs: number) => SystemFacts {
  let lastMs = Number.NEGATIVE_INFINITY;
  let lastCpu = process.cpuUsage();
  let facts: SystemFacts = { cpuPercent: 0, rssMb: process.memoryUsage.rss() / 1e6, temperatureC: temperatureC() };
  return (nowMs) => {
    const elapsedMs = nowMs - lastMs;
    if (elapsedMs < EVERY_MS) return facts;
    const cpu = process.cpuUsage();
    const usedMs = (cpu.user + cpu.system - lastCpu.user - lastCpu.system) / 1000;
    facts = {
      cpuPercent: Number.isFinite(elapsedMs) ? Math.min(9999, (100 * usedMs) / elapsedMs) : 0,
      rssMb: process.memoryUsage.rss() / 1e6,
      temperatureC: temperatureC(),
    };
    lastMs = nowMs;
    lastCpu = cpu;
    return facts;
  };
}

/** The first thermal zone, which is the processor on a Raspberry Pi; null where there is none. */
function temperatureC(): number | null {
  try {
    const milli = Number(readFileSync('/sys/class/thermal/thermal_zone0/temp', 'utf8'));
    return Number.isFinite(milli) && milli !== 0 ? milli / 1000 : null;
  } catch {
    return null;
  }
}

/**
 * The page's address for a phone on the LAN, or null when it listens on this machine only, or no network is up. The number,
 * not the name: `.local` fails on some phones. Wired before wireless, then in the order of the system.
 */
export function phoneUrl(
  listenHost: string,
  port: number,
  interfaces: Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>,
): string | null {
  const shown = (host: string) => `http://${host}${port === 80 ? '' : `:${port}`}`;
  if (listenHost === 'localhost' || listenHost.startsWith('127.') || listenHost === '::1') return null;
  if (listenHost !== '0.0.0.0' && listenHost !== '::')
    return shown(listenHost.includes(':') ? `[${listenHost}]` : listenHost);
  const found = Object.entries(interfaces)
    .flatMap(([name, infos]) => (infos ?? []).map((info) => ({ name, info })))
    .filter(({ info }) => info.family === 'IPv4' && !info.internal && !info.address.startsWith('169.254.'))
    .sort((a, b) => wireless(a.name) - wireless(b.name));
  const first = found[0];
  return first === undefined ? null : shown(first.info.address);
}

function wireless(name: string): number {
  return name.startsWith('wl') ? 1 : 0;
}
