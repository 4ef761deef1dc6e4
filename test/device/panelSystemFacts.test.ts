import type { NetworkInterfaceInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import { createSystemMeter, phoneUrl } from '../../src/device/panel/systemFacts.ts';

const address = (text: string, internal = false): NetworkInterfaceInfo => ({
  address: text,
  netmask: '255.255.255.0',
  family: 'IPv4',
  mac: '00:00:00:00:00:00',
  internal,
  cidr: `${text}/24`,
});
const lan = {
  lo: [address('127.0.0.1', true)],
  wlan0: [address('192.168.1.40')],
  eth0: [address('169.254.3.4'), address('192.168.1.23')],
};

describe('the address that a phone can reach', () => {
  it('is none while the page listens on this machine only', () => {
    for (const host of ['127.0.0.1', 'localhost', '::1']) expect(phoneUrl(host, 8080, lan)).toBeNull();
  });

  it('is the wired one, then the wireless one, never one that nobody gave', () => {
    expect(phoneUrl('0.0.0.0', 8080, lan)).toBe('http://192.168.1.23:8080');
    expect(phoneUrl('0.0.0.0', 80, { lo: lan.lo, wlan0: lan.wlan0 })).toBe('http://192.168.1.40');
    expect(phoneUrl('0.0.0.0', 80, { lo: lan.lo })).toBeNull();
  });

  it('is the configured one where there is one', () => {
    expect(phoneUrl('10.0.0.7', 80, lan)).toBe('http://10.0.0.7');
  });
});

describe('the load of the box', () => {
  it('is measured over a second, and not asked for more often', () => {
    const read = createSystemMeter();
    const first = read(0);
    expect(first.rssMb).toBeGreaterThan(10);
    const end = performance.now() + 60;
    while (performance.now() < end);
    expect(read(500)).toBe(first);
    const later = read(1000);
    expect(later).not.toBe(first);
    expect(later.cpuPercent).toBeGreaterThan(0);
  });
});
