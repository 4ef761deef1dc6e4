// Saves a rising number into the configuration, again and again, until it is killed. Runs on the built program.
import { defaultConfig } from '../../../dist/config/defaults.js';
import { ConfigStore } from '../../../dist/config/store.js';

const [folder, from] = process.argv.slice(2);
const store = await ConfigStore.open(folder);
for (let holdMs = Number(from) + 1; ; holdMs++) {
  const config = defaultConfig();
  await store.save({ ...config, meter: { ...config.meter, holdMs: Math.min(3_600_000, holdMs) } });
  if (holdMs === Number(from) + 1) console.log('saving');
}
