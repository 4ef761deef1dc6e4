/** The program's log: lines to a stream, journald's priorities when systemd listens. Passed in, never global. */
export type LogLevel = 'info' | 'warn' | 'error';

export interface Logger {
  info(code: string, text: string): void;
  warn(code: string, text: string): void;
  error(code: string, text: string): void;
}

const PRIORITY: Record<LogLevel, number> = { info: 6, warn: 4, error: 3 };

/** The same code is written at most once in this time; what was held back is counted in the next line. */
const SAME_CODE_MS = 1000;

/**
 * A logger that no storm can flood: one line a second and code.
 *
 * @param write gets whole lines, with their line end
 * @param forJournal puts `<N>` priorities before the line instead of a level word
 * @param nowMs monotonic
 */
export function createLogger(write: (line: string) => void, forJournal: boolean, nowMs: () => number): Logger {
  const last = new Map<string, { atMs: number; held: number }>();
  const log = (level: LogLevel, code: string, text: string) => {
    const now = nowMs();
    const seen = last.get(code);
    if (seen !== undefined && now - seen.atMs < SAME_CODE_MS) {
      seen.held++;
      return;
    }
    const held = seen?.held ?? 0;
    last.set(code, { atMs: now, held: 0 });
    const more = held > 0 ? ` (and ${held} more)` : '';
    write(`${forJournal ? `<${PRIORITY[level]}>` : `${level}: `}[${code}] ${text}${more}\n`);
  };
  return {
    info: (code, text) => log('info', code, text),
    warn: (code, text) => log('warn', code, text),
    error: (code, text) => log('error', code, text),
  };
}
