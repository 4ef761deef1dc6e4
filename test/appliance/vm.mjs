// Boots a disk with systemd on it and watches what its job says. The run's folder is shared as /run/lk/out.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const read = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : '');

/** As in test/kernel/harness/vm.mjs: the guest's clock counts its own instructions, 1 ns each. */
const ICOUNT = 'shift=0,sleep=on';

/**
 * Resolves to {rc, cut}: the job's exit code (null: none), and whether the power was cut. `cutWhen(log)` is asked about ten
 * times a second; once it says a number, the power is cut that many ms later.
 */
export function bootDisk({ kernelCache, initrd, disk, out, job, timeoutS, write, cutWhen = () => null }) {
  const kernel = read(join(kernelCache, 'kernel.version')).trim();
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, 'job.sh'), job);
  const args = [
    ['-M', 'q35,usb=off', '-nic', 'none', '-accel', 'tcg,thread=single,tb-size=512', '-icount', ICOUNT, '-cpu', 'max'],
    ['-smp', '1', '-m', '1024', '-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
    ['-kernel', join(kernelCache, 'kernel/boot', `vmlinuz-${kernel}`), '-initrd', initrd],
    ['-append', 'console=ttyS0 quiet loglevel=4 panic=-1 tsc=reliable tsc_early_khz=1000000 mitigations=off nokaslr'],
    ['-drive', `file=${disk},format=raw,if=virtio,cache=writeback`],
    ['-fsdev', 'local,id=root,path=/,security_model=none,readonly=on,multidevs=remap'],
    ['-device', 'virtio-9p-pci,fsdev=root,mount_tag=hostroot'],
    ['-fsdev', `local,id=out,path=${out},security_model=none`, '-device', 'virtio-9p-pci,fsdev=out,mount_tag=out'],
    ['-chardev', `file,id=console,path=${join(out, 'console.log')}`, '-serial', 'chardev:console'],
  ].flat();
  return new Promise((resolve, reject) => {
    const qemu = spawn('qemu-system-x86_64', args, { stdio: ['ignore', 'ignore', 'inherit'] });
    let cut = false;
    let cutting = null;
    let told = 0;
    const timer = setTimeout(() => qemu.kill('SIGKILL'), timeoutS * 1000);
    const onEnd = () => qemu.kill('SIGKILL');
    process.once('exit', onEnd);
    const tell = () => {
      const log = read(join(out, 'log'));
      const lines = log.slice(told).split('\n');
      told = log.length - lines.pop().length;
      lines.forEach(write);
      const afterMs = cutting === null ? cutWhen(log) : null;
      if (afterMs === null) return;
      cutting = setTimeout(() => {
        cut = true;
        qemu.kill('SIGKILL');
      }, afterMs);
    };
    const watch = setInterval(tell, 100);
    qemu.once('error', reject);
    qemu.once('close', () => {
      clearTimeout(timer);
      clearInterval(watch);
      process.off('exit', onEnd);
      tell();
      const rc = read(join(out, 'rc')).trim();
      resolve({ rc: rc === '' ? null : Number(rc), cut });
    });
  });
}
