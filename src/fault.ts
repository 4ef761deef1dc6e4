/**
 * An expected fault: a value, never thrown. Exceptions are for bugs.
 *
 * `code` is stable and listed in docs/errors.md (a test holds the two together);
 * `what` is one sentence of what happened, `fix` one sentence of what to do.
 */
export interface Fault {
  readonly code: string;
  readonly what: string;
  readonly fix: string;
}

/** The outcome of something that may fail in an expected way. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: Fault };

export function good<T>(value: T): Outcome<T> {
  return { ok: true, value };
}

export function bad(code: string, what: string, fix: string): { readonly ok: false; readonly fault: Fault } {
  return { ok: false, fault: { code, what, fix } };
}

/** Makes the compiler refuse a switch that forgets a case. */
export function assertNever(value: never): never {
  throw new Error(`unexpected case: ${JSON.stringify(value)}`);
}
