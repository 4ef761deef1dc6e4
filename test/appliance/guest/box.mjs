// The installed service, as somebody at the box meets it. In the guest only.
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { until } from '../../kernel/guest/system.mjs';

export const UNIT = 'lightkeeper.service';
export const CONFIG = '/var/lib/lightkeeper/config.json';
const URL = 'http://127.0.0.1:80';

export const shell = (line) => execFileSync('/bin/sh', ['-c', line], { encoding: 'utf8' }).trim();
export const status = (line) => spawnSync('/bin/sh', ['-c', line]).status;

/** Properties of a unit, by name. */
export function unit(...names) {
  const text = shell(`systemctl show ${UNIT} ${names.map((name) => `-p ${name}`).join(' ')}`);
  return Object.fromEntries(
    text.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

export const mainPid = () => Number(unit('MainPID').MainPID);

export async function get(path) {
  const answer = await fetch(`${URL}${path}`, { signal: AbortSignal.timeout(20_000) });
  if (!answer.ok) throw new Error(`${path}: HTTP ${answer.status}`);
  return answer;
}

export const snapshot = async () => (await get('/api/status')).json();

/** For levelsAgree of the kernel scenarios. */
export const asDaemon = { status: snapshot };

/** Until capture is in this state; the Snapshot. */
export const captureIs = (state, withinMs) =>
  until(
    `capture ${state}`,
    withinMs,
    async () => {
      const now = await snapshot();
      return now.capture.state === state ? now : null;
    },
    25,
  );

/** Until the service is up and its page answers. */
export const up = (withinMs = 120_000) =>
  until('page', withinMs, async () => (unit('ActiveState').ActiveState === 'active' ? snapshot() : null), 50);

/** Pairs by the PIN file, as root may; headers for writing. */
export async function pairedHeaders() {
  const pin = readFileSync('/var/lib/lightkeeper/pin', 'utf8').trim();
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${URL}/api/pair`, { method: 'POST', headers, body: JSON.stringify({ pin }) });
  if (!answer.ok) throw new Error(`pairing: HTTP ${answer.status}`);
  const { token } = await answer.json();
  return { ...headers, authorization: `Bearer ${token}` };
}

export async function putConfig(config, headers) {
  const answer = await fetch(`${URL}/api/config`, { method: 'PUT', headers, body: JSON.stringify(config) });
  if (!answer.ok) throw new Error(`saving: HTTP ${answer.status} ${await answer.text()}`);
}
