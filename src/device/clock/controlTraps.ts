/**
 * Traps that makers have set, as an interface's controls show them: it is there, and yet tells or delivers less than it
 * could. Names are those of Linux 6.12, sound/usb/mixer_scarlett2.c, and of fcp-server. Pure.
 */
import type { Fault } from '../../fault.ts';
import type { Control } from '../alsa/controls.ts';

/** 4th generation with a digital port: its controls are made by a program, fcp-server, not by the kernel. */
const NEEDS_FCP_SERVER = ['1235:821b', '1235:821c', '1235:821d'];

export function controlTraps(controls: readonly Control[], usbId: string | null): Fault[] {
  const traps: Fault[] = [];
  const focusrite = usbId?.startsWith('1235:') === true;
  const msd = controls.find((control) => control.name === 'MSD Mode Switch');
  if (focusrite && msd !== undefined && (msd.values[0] ?? 0) !== 0)
    traps.push({
      code: 'trap-msd-mode',
      what: 'The interface is in mass storage mode: it hides its controls, and some of its channels.',
      fix: 'Switch MSD mode off (hold the 48V button while it is switched on), then switch it off and on.',
    });
  if (
    usbId !== null &&
    NEEDS_FCP_SERVER.includes(usbId) &&
    !controls.some((control) => control.name === 'Sync Status' || /Clock Source$/.test(control.name))
  )
    traps.push({
      code: 'trap-fcp-server',
      what: 'The controls of this interface are missing: the program that makes them, fcp-server, does not run.',
      fix: 'Install fcp-support and start fcp-server; until then lock and clock source can not be told.',
    });
  return traps;
}
