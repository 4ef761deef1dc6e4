/**
 * Where recordings may go: a mounted USB disk, never the SD card, never the disk that the system runs from.
 *
 * Sources: proc(5) mountinfo; /sys/dev/block/<major:minor> links to the device's place in the tree, which has a `usb<N>`
 * in it for whatever hangs on a USB host; SD cards are `mmcblk<N>`.
 */
import { readFileSync, realpathSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { bad, good, type Outcome } from '../fault.ts';

export interface Mount {
  /** major:minor */
  readonly device: string;
  readonly at: string;
  readonly readOnly: boolean;
  readonly type: string;
}

export interface DiskRoots {
  readonly proc: string;
  readonly sys: string;
}

export const REAL_ROOTS: DiskRoots = { proc: '/proc', sys: '/sys' };

/** The kernel writes blanks in names as octal. */
const plainName = (text: string) =>
  text.replace(/\\(\d{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8)));

export function mounts(roots: DiskRoots): Mount[] {
  let text: string;
  try {
    text = readFileSync(join(roots.proc, 'self', 'mountinfo'), 'utf8');
  } catch {
    return [];
  }
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [left = '', right = ''] = line.split(' - ');
      const fields = left.split(' ');
      const [type = '', , superOptions = ''] = right.split(' ');
      const readOnly = `${fields[5] ?? ''},${superOptions}`.split(',').includes('ro');
      return { device: fields[2] ?? '', at: plainName(fields[4] ?? ''), readOnly, type };
    });
}

/** What kind of disk a device is, by its place in the tree. */
export type DiskKind = 'usb' | 'sdCard' | 'internal' | 'none';

export function diskKind(device: string, roots: DiskRoots): { readonly kind: DiskKind; readonly disk: string } {
  let place: string;
  try {
    place = realpathSync(join(roots.sys, 'dev', 'block', device));
  } catch {
    return { kind: 'none', disk: '' };
  }
  const parts = place.split('/');
  const block = parts.indexOf('block');
  const disk = parts[block + 1] ?? '';
  if (/^mmcblk\d+/.test(disk)) return { kind: 'sdCard', disk };
  if (parts.some((part) => /^usb\d+$/.test(part))) return { kind: 'usb', disk };
  return { kind: 'internal', disk };
}

/** The mount that a path lies on: the longest that begins it; of several on one place, the last. */
function mountOf(path: string, all: readonly Mount[]): Mount | null {
  let best: Mount | null = null;
  for (const mount of all) {
    const under = mount.at === '/' || path === mount.at || path.startsWith(`${mount.at}/`);
    if (under && (best === null || mount.at.length >= best.at.length)) best = mount;
  }
  return best;
}

export interface DiskWish {
  /** A folder, or null: the first USB disk. */
  readonly folder: string | null;
  /** A disk inside the machine will do too, if the folder names it. An SD card never will. */
  readonly allowInternal: boolean;
}

/** The folder to record into, or why there is none. */
export function findDisk(wish: DiskWish, roots: DiskRoots = REAL_ROOTS): Outcome<{ readonly folder: string }> {
  const all = mounts(roots);
  const system = mountOf('/', all);
  const systemDisk = system === null ? '' : diskKind(system.device, roots).disk;
  const fits = (mount: Mount): Outcome<null> => {
    const { kind, disk } = diskKind(mount.device, roots);
    if (kind === 'sdCard') {
      return bad(
        'recorder-sd-card',
        `${mount.at} is an SD card.`,
        'Record to a USB disk: a card wears out, and the system lives on it.',
      );
    }
    if (mount.readOnly) {
      return bad(
        'recorder-read-only',
        `${mount.at} is mounted read-only.`,
        'Mount it writable; check it with fsck if it was pulled out.',
      );
    }
    if (kind === 'usb' && disk !== systemDisk) return good(null);
    if (wish.allowInternal && wish.folder !== null && kind !== 'none') return good(null);
    return bad(
      'recorder-not-usb',
      `${mount.at} is no USB disk.`,
      'Plug in a USB disk, or set recorder.allowInternal for a disk inside this machine.',
    );
  };
  if (wish.folder !== null) {
    const mount = mountOf(wish.folder, all);
    if (mount === null)
      return bad('recorder-no-disk', `There is no ${wish.folder}.`, 'Plug the disk in, or name another folder.');
    const fit = fits(mount);
    return fit.ok ? good({ folder: wish.folder }) : fit;
  }
  const usb = all.find((mount) => fits(mount).ok);
  if (usb === undefined) {
    return bad(
      'recorder-no-disk',
      'There is no USB disk to record to.',
      'Plug one in and mount it; the recorder finds it by itself.',
    );
  }
  return good({ folder: join(usb.at, 'lightkeeper') });
}

/** Bytes free for this user, or null where the folder is gone. */
export function freeBytes(folder: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return null;
  }
}
