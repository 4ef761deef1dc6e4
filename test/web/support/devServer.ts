/** Serves the page over the fake monitor, to look at: argument 1 is the port, 2 the channels. */
import { makeWeb } from './webRig.ts';

const [port = '8123', channels = '20'] = process.argv.slice(2);
const { web, monitor } = makeWeb({
  channels: Number(channels),
  pageFolder: `${process.cwd()}/dist/web/page`,
  config: () => ({ host: '127.0.0.1', port: Number(port), allowedHosts: [] }),
});
const started = await web.start();
if (!started.ok) throw new Error(started.fault.what);
monitor.run();
console.log(started.value.url);
