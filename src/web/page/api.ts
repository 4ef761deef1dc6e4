/** Requests of the page to its box. Faults are values; a missing session asks for the PIN once and tries again. */
import type { Fault } from '../../fault.ts';
import { askForPin } from './pairing.ts';

export type Answer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly status: number; readonly fault: Fault; readonly body: unknown };

const UNREACHABLE: Fault = {
  code: 'page-unreachable',
  what: 'The box does not answer.',
  fix: 'Check that this phone is still on its network.',
};

export async function request<T>(
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  url: string,
  body?: unknown,
): Promise<Answer<T>> {
  try {
    const response = await fetch(url, {
      method,
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    const json = await response.json();
    if (response.ok) return { ok: true, value: json as T };
    return { ok: false, status: response.status, fault: (json as { fault?: Fault }).fault ?? UNREACHABLE, body: json };
  } catch {
    return { ok: false, status: 0, fault: UNREACHABLE, body: null };
  }
}

/** A write: on 401 the PIN is asked for, and the write is tried once more. */
export async function change<T>(method: 'POST' | 'PUT', url: string, body: unknown): Promise<Answer<T>> {
  const first = await request<T>(method, url, body);
  if (first.ok || first.status !== 401) return first;
  return (await askForPin()) ? request<T>(method, url, body) : first;
}

export function act(name: string, body: object = {}): Promise<Answer<unknown>> {
  return change('POST', `/api/actions/${name}`, body);
}
