/** Where configuration, PIN and journal live: as told, as systemd says, else by the user's own custom. */
import { homedir } from 'node:os';
import { join } from 'node:path';

export function stateFolder(told: string | null): string {
  return (
    told ??
    process.env.STATE_DIRECTORY ??
    join(process.env.XDG_STATE_HOME ?? join(homedir(), '.local', 'state'), 'lightkeeper')
  );
}
