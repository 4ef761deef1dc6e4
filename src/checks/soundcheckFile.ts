/** The last line check in the state folder. A file that can not be read counts as none: the next check writes a new one. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { writeDurably } from '../config/durableFile.ts';
import { bad, good, type Outcome } from '../fault.ts';
import type { Soundcheck } from './checks.ts';

const Kept = Type.Object({
  version: Type.Literal(1),
  at: Type.String({ maxLength: 40 }),
  channels: Type.Array(Type.Object({ channel: Type.Integer({ minimum: 1, maximum: 64 }), rmsDbfs: Type.Number() }), {
    maxItems: 64,
  }),
});
type Kept = Static<typeof Kept>;

const fileOf = (stateDir: string) => join(stateDir, 'soundcheck.json');

export function loadSoundcheck(stateDir: string): Soundcheck | null {
  try {
    const kept: unknown = JSON.parse(readFileSync(fileOf(stateDir), 'utf8'));
    return Value.Check(Kept, kept) ? { at: kept.at, channels: kept.channels } : null;
  } catch {
    return null;
  }
}

export async function saveSoundcheck(stateDir: string, soundcheck: Soundcheck): Promise<Outcome<null>> {
  const kept: Kept = { version: 1, at: soundcheck.at, channels: soundcheck.channels.map((one) => ({ ...one })) };
  try {
    await writeDurably(fileOf(stateDir), `${JSON.stringify(kept, null, 1)}\n`);
    return good(null);
  } catch (error) {
    return bad(
      'soundcheck-not-kept',
      `The line check could not be kept: ${(error as Error).message}.`,
      'Free some space on the state partition, and run the line check again.',
    );
  }
}
