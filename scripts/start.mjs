// npm start: checks Node, installs and builds when stale, runs. Arguments after -- go to lightkeeper.
import { buildWhenStale, checkNode, installWhenStale } from './prepare.mjs';

checkNode();
try {
  installWhenStale();
  buildWhenStale();
} catch (error) {
  console.error(`[build-failed] Lightkeeper could not be installed or built: ${String(error.message).split('\n')[0]}`);
  console.error('Read the lines above; a network connection is needed the first time.');
  process.exit(1);
}
await import('../dist/cli-entry.js');
