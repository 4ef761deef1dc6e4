/** The program as a service: what it tells its manager, and what becomes of it when it hangs, crashes or is ended. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { passedSocket, secondDescriptor } from '../../src/device/systemd/listenSocket.ts';
import { systemdNotifier, unixAddress, watchdogMs } from '../../src/device/systemd/notifier.ts';
import type { Snapshot } from '../../src/monitor/snapshot.ts';
import { LONG_FAULTS, tellFaultRow } from '../faults/tell.ts';
import { NotifySocket, Service, type ServiceOptions } from './serviceManager.ts';

const linux = process.platform === 'linux';
const SIM = ['run', '--sim', 'clean', '--http', '0'];
const BLOCK = fileURLToPath(new URL('./blockOnSignal.mjs', import.meta.url));
const BOARD = fileURLToPath(new URL('../measure/fakeBoard.mjs', import.meta.url));
const unit = readFileSync(new URL('../../systemd/lightkeeper.service', import.meta.url), 'utf8');
const unitMs = (name: string) => Number(new RegExp(`^${name}=([\\d.]+)$`, 'm').exec(unit)?.[1]) * 1000;
/** `npm run faults` takes its time: as many starts as the matrix says, and the unit's own watchdog. */
const STARTS = LONG_FAULTS ? 10 : 5;
const WATCHDOG_MS = LONG_FAULTS ? unitMs('WatchdogSec') : 2000;
let service: Service | null = null;

function serve(options: Partial<ServiceOptions> = {}): Service {
  service = new Service({ words: SIM, ...options });
  return service;
}

afterEach(async () => {
  await service?.remove();
  service = null;
});

const status = async (url: string) => (await (await fetch(`${url}/api/status`)).json()) as Snapshot;

describe.skipIf(!linux)('words to the service manager', () => {
  it('arrive at an abstract socket too, one datagram each', () => {
    const name = `@lightkeeper-test-${process.pid}`;
    const listener = new NotifySocket(name);
    const notifier = systemdNotifier({ NOTIFY_SOCKET: name });
    notifier?.ready('http://here/\nREADY=0');
    notifier?.feed();
    notifier?.stopping();
    expect(listener.take()).toEqual(['READY=1\nSTATUS=http://here/ READY=0', 'WATCHDOG=1', 'STOPPING=1']);
    listener.close();
    // Nobody listens any more: no exception, no wait.
    notifier?.feed();
  });

  it('go nowhere without a manager, or to what is no address', () => {
    expect(systemdNotifier({})).toBeNull();
    expect(systemdNotifier({ NOTIFY_SOCKET: 'vsock:2:1234' })).toBeNull();
    expect(unixAddress(`/${'x'.repeat(107)}`)).toBeNull();
    expect(unixAddress(`/${'x'.repeat(106)}`)?.length).toBe(110);
  });

  it('watch and sockets are for the process that is named', () => {
    expect(watchdogMs({ WATCHDOG_USEC: '10000000' }, 7)).toBe(10_000);
    expect(watchdogMs({ WATCHDOG_USEC: '10000000', WATCHDOG_PID: '8' }, 7)).toBeNull();
    expect(watchdogMs({}, 7)).toBeNull();
    expect(passedSocket({ LISTEN_FDS: '1', LISTEN_PID: '7' }, 7)).toBe(3);
    expect(passedSocket({ LISTEN_FDS: '1', LISTEN_PID: '8' }, 7)).toBeNull();
    expect(passedSocket({ LISTEN_PID: '7' }, 7)).toBeNull();
    expect(secondDescriptor(9999)).toBeNull();
  });
});

describe.skipIf(!linux)('the program as a service', () => {
  it('says READY once its page answers, listens on the socket it was passed, and says STOPPING when told to end', async () => {
    const box = serve({ words: ['run', '--sim', 'clean'], passSocket: true });
    await box.start();
    expect((await status(box.url)).product).toBe('lightkeeper');
    const askedMs = performance.now();
    box.kill('SIGTERM');
    expect(await box.ended()).toEqual({ code: 0, signal: null });
    const tookMs = performance.now() - askedMs;
    expect(box.hears('STOPPING=1')).toBe(true);
    // Target 2 s; five times that before a busy machine is a fault.
    expect(tookMs).toBeLessThan(10_000);
    // The socket is the manager's: the next start serves at the same address.
    await box.start();
    expect((await status(box.url)).product).toBe('lightkeeper');
  }, 60_000);

  it('leaves out in safe mode what may have brought it down: panel, buttons, journal and their files', async () => {
    const box = serve({
      words: [...SIM, '--safe'],
      preload: BOARD,
      config: {
        panel: { controller: 'ssd1306' },
        buttons: { chip: 'bench', lines: ['GPIO5', 'GPIO6'] },
        recorder: { enabled: true },
        channels: [{ index: 1, name: 'from the settings' }],
      },
    });
    await box.start();
    await expect.poll(async () => (await status(box.url)).capture.state, { timeout: 15_000 }).toBe('running');
    const now = await status(box.url);
    expect(now.channels[0]?.name).not.toBe('from the settings');
    expect(now.findings.map(({ code }) => code)).toContain('safe-mode');
    const asked = await fetch(`${box.url}/api/journal/sessions`);
    expect(((await asked.json()) as { fault: { code: string } }).fault.code).toBe('journal-safe-mode');
    expect((await fetch(`${box.url}/`)).status).toBe(200);
    // The board's stand-in would have written down what went over the bus.
    expect(existsSync(join(box.folder, 'writes.log'))).toBe(false);
    expect(readdirSync(join(box.folder, 'state')).filter((name) => /journal|soundcheck|panel-page/.test(name))).toEqual(
      [],
    );
    box.kill('SIGTERM');
    expect((await box.ended()).code).toBe(0);
  }, 60_000);

  it('fault row 24: SIGTERM puts the panel out, is told to the manager, and ends it within 2 s', async () => {
    const box = serve({
      words: [...SIM, '--panel', 'none'],
      preload: BOARD,
      config: { panel: { controller: 'ssd1306' }, buttons: { chip: 'bench', lines: ['GPIO5', 'GPIO6'] } },
    });
    const log = join(box.folder, 'writes.log');
    execFileSync('mkfifo', [join(box.folder, 'edges')]);
    writeFileSync(join(box.folder, 'values'), '0');
    writeFileSync(log, '');
    await box.start();
    const writes = () => readFileSync(log, 'utf8').trim().split('\n');
    // The last command of a set-up that lights the panel is AF, display on.
    await box.until(() => writes().some((line) => / - - - \S*af$/.test(line)), 30_000);
    const askedMs = performance.now();
    box.kill('SIGTERM');
    expect(await box.ended()).toEqual({ code: 0, signal: null });
    const tookMs = performance.now() - askedMs;
    expect(box.hears('STOPPING=1')).toBe(true);
    // AE: display off, and nothing after it.
    expect(writes().at(-1)).toMatch(/ - - - 00ae$/);
    expect(tookMs).toBeLessThan(10_000);
    tellFaultRow({
      row: 24,
      did: 'SIGTERM to the running program',
      saw: 'STOPPING=1, display off as the last word on the bus, exit code 0',
      recoverMs: tookMs,
    });
  }, 60_000);

  it('fault row 22: feeds the watchdog while it runs, no more once its event loop is blocked; started anew it serves', async () => {
    const periodMs = WATCHDOG_MS;
    const box = serve({ watchdogMs: periodMs, preload: BLOCK });
    await box.start();
    await box.until(() => box.feeds() >= 3, 30_000);
    expect((await status(box.url)).capture.state).toBe('running');
    const blockedMs = performance.now();
    box.kill('SIGUSR2');
    // The manager: kills when it was not fed for the period.
    await box.until(() => {
      box.feeds();
      return performance.now() - (box.heard.at(-1)?.atMs ?? 0) > periodMs;
    }, 30_000);
    const detectMs = performance.now() - blockedMs;
    box.kill('SIGKILL');
    expect((await box.ended()).signal).toBe('SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, unitMs('RestartSec')));
    await box.start();
    expect((await status(box.url)).product).toBe('lightkeeper');
    tellFaultRow({
      row: 22,
      did: `event loop blocked for 60 s, watchdog of ${periodMs / 1000} s`,
      saw: 'no more food, killed, started anew, page answers',
      detectMs,
      recoverMs: performance.now() - blockedMs,
    });
  }, 120_000);

  it('fault row 23: comes up in safe mode after three failed starts, stays there, and leaves it after a clean end', async () => {
    const box = serve();
    const ledger = join(box.folder, 'run', 'starts');
    const safeFinding = async () => (await status(box.url)).findings.find((one) => one.code === 'safe-mode');
    let safeStarts = 0;
    let toSafeMs = 0;
    const beganMs = performance.now();
    for (let start = 1; start <= STARTS; start++) {
      await box.start();
      const finding = await safeFinding();
      if (start <= 3) expect(finding, `start ${start}`).toBeUndefined();
      else {
        safeStarts++;
        toSafeMs ||= performance.now() - beganMs;
        expect(finding).toMatchObject({ severity: 'alarm', cause: expect.stringContaining(`${start - 1} times`) });
        expect(box.output).toContain('[safe-mode]');
      }
      expect(readFileSync(ledger, 'utf8').split('\n')).toHaveLength(start);
      box.kill('SIGKILL');
      await box.ended();
    }
    expect(safeStarts).toBe(STARTS - 3);
    await box.start();
    box.kill('SIGTERM');
    expect((await box.ended()).code).toBe(0);
    expect(existsSync(ledger)).toBe(false);
    await box.start();
    expect(await safeFinding()).toBeUndefined();
    tellFaultRow({
      row: 23,
      did: `killed at start ${STARTS} times in a row`,
      saw: 'safe mode from the fourth start on, said on the page; left after a clean end. The unit gives up after 10 starts in 300 s',
      recoverMs: toSafeMs,
    });
  }, 180_000);
});
