/** Runs the built program as a user would: a process of its own, on a free port, with a state folder of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const entry = fileURLToPath(new URL('../../dist/cli-entry.js', import.meta.url));

export interface Daemon {
  readonly process: ChildProcess;
  readonly url: string;
  readonly output: () => string;
  /** Ends it with SIGTERM and waits; tells its exit code. */
  stop(): Promise<number | null>;
}

/** Starts it and waits for the line with the URL. A state folder that is given stays. */
export async function startDaemon(
  args: readonly string[],
  env: Record<string, string> = {},
  ownStateDir?: string,
  /** Words after node: flags and the program. */
  program: readonly string[] = [entry],
  runtime: string = process.execPath,
): Promise<Daemon> {
  const stateDir = ownStateDir ?? mkdtempSync(join(tmpdir(), 'lightkeeper-state-'));
  const child = spawn(runtime, [...program, ...args, '--http', '0', '--panel', 'none', '--state-dir', stateDir], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const url = await new Promise<string>((resolve, reject) => {
    const look = (chunk: Buffer) => {
      text += chunk.toString();
      const match = /(http:\/\/\S+)/.exec(text);
      if (match) resolve(match[1] as string);
    };
    child.stdout.on('data', look);
    child.stderr.on('data', look);
    child.once('exit', (code) => reject(new Error(`ended with ${code}: ${text}`)));
  });
  return {
    process: child,
    url: url.replace(/\/$/, ''),
    output: () => text,
    stop: async () => {
      child.kill('SIGTERM');
      const code = await exited;
      if (ownStateDir === undefined) rmSync(stateDir, { recursive: true, force: true });
      return code;
    },
  };
}

/** Runs it to its end, for words that end it. */
export function runToEnd(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [entry, ...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString();
    });
    child.once('exit', (code) => resolve({ code, out, err }));
  });
}
