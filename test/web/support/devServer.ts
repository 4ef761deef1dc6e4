/** Serves the page over the fake monitor, to look at: argument 1 is the port, 2 the channels. */
import { fullRig } from './fullRig.ts';

const [port = '8123', channels = '20'] = process.argv.slice(2);
const rig = await fullRig({
  port: Number(port),
  channels: Number(channels),
  pageFolder: `${process.cwd()}/dist/web/page`,
});
rig.monitor.run();
console.log(rig.address.url, rig.access.pin());
