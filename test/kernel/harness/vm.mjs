// Boots the guest: Debian's kernel under qemu, this machine's root file system below a throw-away overlay, one job as root.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const quote = (word) => `'${String(word).replaceAll("'", "'\\''")}'`;

/** Exit codes besides the job's own. */
export const TIMED_OUT = 124;
export const NO_RESULT = 125;

function read(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

/**
 * The guest's clock counts its own instructions, 1 ns each, and follows the host's clock only while the guest idles. So a
 * busy host makes a run longer, never a guest that misses its deadlines; and the time stamp counter runs at 1 GHz.
 */
const ICOUNT = 'shift=0,sleep=on';
const TSC_KHZ = 1_000_000;

/**
 * Runs `command` (words) in `cwd` of a fresh guest; its output goes to `write` as it comes. `out` is shared read-write as
 * /run/lk/out; console.log, dmesg and rc stand there afterwards. Resolves to the job's exit code, TIMED_OUT or NO_RESULT.
 * `clock`: `host` lets the guest's clock run with the host's and saves a third of the work, for jobs that miss no deadline.
 * `disk`: an image that the guest sees as /dev/vda. `cut`: an AbortSignal that takes its power away.
 */
export function runInGuest({
  cache,
  out,
  cwd,
  command,
  env = {},
  timeoutS,
  write,
  disk,
  cut,
  memoryMb = 2048,
  cpus = 1,
  clock = 'counted',
}) {
  const kernel = read(join(cache, 'kernel.version')).trim();
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const variables = {
    PATH: `${process.env.PATH}:/usr/sbin:/sbin`,
    HOME: '/root',
    LANG: 'C.UTF-8',
    TERM: 'dumb',
    KERNEL_CACHE: cache,
    ...env,
  };
  writeFileSync(
    join(out, 'job.sh'),
    [
      ...Object.entries(variables).map(([name, value]) => `export ${name}=${quote(value)}`),
      `cd ${quote(cwd)} || exit 1`,
      `exec ${command.map(quote).join(' ')}`,
      '',
    ].join('\n'),
  );
  const append = [
    'console=ttyS0 quiet loglevel=4 panic=-1 reboot=t tsc=reliable mitigations=off nokaslr',
    clock === 'counted' ? `tsc_early_khz=${TSC_KHZ}` : '',
    `lk.cache=${cache}`,
  ].join(' ');
  const args = [
    ['-M', 'q35,usb=off', '-nic', 'none', '-accel', 'tcg,thread=single,tb-size=512', '-cpu', 'max'],
    clock === 'counted' ? ['-icount', ICOUNT] : [],
    ['-smp', String(cpus), '-m', String(memoryMb), '-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
    [
      '-kernel',
      join(cache, 'kernel/boot', `vmlinuz-${kernel}`),
      '-initrd',
      join(cache, 'initrd.img'),
      '-append',
      append,
    ],
    ['-fsdev', 'local,id=root,path=/,security_model=none,readonly=on,multidevs=remap'],
    ['-device', 'virtio-9p-pci,fsdev=root,mount_tag=hostroot'],
    ['-fsdev', `local,id=out,path=${out},security_model=none`, '-device', 'virtio-9p-pci,fsdev=out,mount_tag=out'],
    [
      '-chardev',
      'stdio,id=job,signal=off',
      '-device',
      'virtio-serial-pci',
      '-device',
      'virtserialport,chardev=job,name=lk.out',
    ],
    // What the guest's kernel has handed over is on the disk; what it still keeps in its memory is gone with the power.
    disk === undefined ? [] : ['-drive', `file=${disk},format=raw,if=virtio,cache=writethrough`],
    ['-chardev', `file,id=console,path=${join(out, 'console.log')}`, '-serial', 'chardev:console'],
  ].flat();
  return new Promise((resolve, reject) => {
    const qemu = spawn('qemu-system-x86_64', args, { stdio: ['pipe', 'pipe', 'inherit'] });
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      qemu.kill('SIGKILL');
    }, timeoutS * 1000);
    const onEnd = () => qemu.kill('SIGKILL');
    cut?.addEventListener('abort', onEnd, { once: true });
    process.once('exit', onEnd);
    qemu.stdout.setEncoding('utf8');
    qemu.stdout.on('data', write);
    qemu.once('error', reject);
    qemu.once('close', () => {
      clearTimeout(timer);
      process.off('exit', onEnd);
      const rc = read(join(out, 'rc')).trim();
      if (rc !== '') resolve(Number(rc));
      else resolve(late ? TIMED_OUT : NO_RESULT);
    });
  });
}
