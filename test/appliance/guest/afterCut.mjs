// Second boot: the power was cut while settings were saved. Then the package is removed.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { scenario } from '../../kernel/guest/scenario.mjs';
import { until } from '../../kernel/guest/system.mjs';
import { CONFIG, get, shell, status, up } from './box.mjs';

await scenario(async (t) => {
  const snapshot = await up();
  const answer = await (await get('/api/config')).json();
  const config = JSON.parse(readFileSync(CONFIG, 'utf8'));
  const name = config.channels?.[0]?.name ?? '';
  const torn = readdirSync('/var/lib/lightkeeper').filter((file) => file.includes('.bad-'));
  t.check('after a power cut in the middle of saving it starts by itself with whole settings', {
    measured: `${snapshot.product} up; "${name}", origin ${answer.origin?.kind}, ${torn.length} files put aside as bad`,
    target: 'the last or last but one save, loaded, 0',
    ok: /^save \d+$/.test(name) && answer.origin?.kind === 'loaded' && torn.length === 0,
  });
  const safe = snapshot.findings.some((finding) => finding.code === 'safe-mode');
  t.check('a power cut is no crash: it is not in safe mode', {
    measured: safe ? 'safe mode' : 'full',
    target: 'full',
    ok: !safe,
  });

  shell('dpkg -r lightkeeper > /run/lk/out/remove.log 2>&1');
  const kept = existsSync(CONFIG);
  const stopped = status('systemctl is-active -q lightkeeper.service lightkeeper.socket') !== 0;
  const closed = await until('closed port', 10_000, () =>
    fetch('http://127.0.0.1:80/').then(
      () => false,
      () => true,
    ),
  ).catch(() => false);
  t.check('removal stops it, closes the port and keeps the settings', {
    measured: `${stopped ? 'stopped' : 'runs'}, port ${closed ? 'closed' : 'open'}, settings ${kept ? 'kept' : 'gone'}`,
    target: 'stopped, closed, kept',
    ok: stopped && closed && kept,
  });
  shell('dpkg -P lightkeeper >> /run/lk/out/remove.log 2>&1');
  const left = shell(
    "find / -xdev -path /run -prune -o -path /proc -prune -o -path /var/lib/dpkg -prune -o -path /var/log -prune -o -iname '*lightkeeper*' -print",
  );
  t.check('purging leaves nothing behind', {
    measured: left === '' ? 'no file of its name' : left.split('\n').join(', '),
    target: 'no file of its name',
    ok: left === '',
  });
});
