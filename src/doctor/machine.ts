/** The machine as the doctor sees it: files below a root folder, so that a copy or a test's stand-in can be looked at too. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { linuxSyscalls } from '../device/gpio/syscalls.ts';
import { GPIO_GET_CHIPINFO_IOCTL, readChipInfo, SIZE } from '../device/gpio/uapi.ts';
import { loadI2cBus } from '../device/panel/i2cBus.ts';

/** What files do not tell: asked of the kernel and of tools. Each answer may be null: can't tell here. */
export interface Probes {
  /** Addresses of 0x3c and 0x3d that answer on /dev/i2c-<bus>. */
  readonly panelAddresses: (bus: number) => readonly number[] | null;
  /** Label of a GPIO chip's device file. */
  readonly chipLabel: (path: string) => string | null;
  /** Power saving of a wireless interface. */
  readonly powerSave: (name: string) => boolean | null;
}

export class Machine {
  readonly root: string;
  readonly probes: Probes;

  /** @param root `/`, or a folder that stands for it. */
  constructor(root: string, probes: Probes) {
    this.root = root;
    this.probes = probes;
  }

  at(path: string): string {
    return join(this.root, path);
  }

  exists(path: string): boolean {
    return existsSync(this.at(path));
  }

  /** Text, trimmed of its end; null: not there, or not readable. */
  text(path: string): string | null {
    try {
      return readFileSync(this.at(path), 'utf8').replace(/[\s\0]+$/, '');
    } catch {
      return null;
    }
  }

  bytes(path: string): Buffer | null {
    try {
      return readFileSync(this.at(path));
    } catch {
      return null;
    }
  }

  /** Names in a folder, sorted; none where there is no folder. */
  names(path: string): string[] {
    try {
      return readdirSync(this.at(path)).sort();
    } catch {
      return [];
    }
  }

  /** Where a link leads, as a path below the root; null: nowhere. */
  target(path: string): string | null {
    try {
      return `/${relative(realpathSync(this.root), realpathSync(this.at(path)))}`;
    } catch {
      return null;
    }
  }
}

/** Probes of the machine that this runs on. Nothing is written to a device. */
export function realProbes(): Probes {
  return {
    panelAddresses(bus) {
      const loaded = loadI2cBus();
      if (!loaded.ok) return null;
      try {
        const opened = loaded.value.openSync(bus);
        const found = [0x3c, 0x3d].filter((address) => {
          try {
            // A read of one byte: a display answers with its status.
            opened.receiveByteSync(address);
            return true;
          } catch {
            return false;
          }
        });
        opened.closeSync();
        return found;
      } catch {
        return null;
      }
    },
    chipLabel(path) {
      const calls = linuxSyscalls();
      const fd = calls.open(path);
      if (fd < 0) return null;
      const info = new Uint8Array(SIZE.chipInfo);
      const told = calls.ioctl(fd, GPIO_GET_CHIPINFO_IOCTL, info);
      calls.close(fd);
      return told < 0 ? null : readChipInfo(info).label;
    },
    powerSave(name) {
      try {
        const said = execFileSync('iw', ['dev', name, 'get', 'power_save'], { encoding: 'utf8', stdio: 'pipe' });
        return /on\s*$/.test(said);
      } catch {
        return null;
      }
    },
  };
}

/** A USB device as /sys tells it. */
export interface UsbDevice {
  /** Name of its folder: 1-1.4. */
  readonly name: string;
  /** `vvvv:pppp`, lower-case hex. */
  readonly id: string;
  readonly product: string;
  /** Negotiated, Mbit/s: 12, 480, 5000. */
  readonly speedMbps: number;
  /** Driver of the controller that it hangs on: xhci_hcd, dwc2, dwc_otg. */
  readonly controller: string | null;
  /** Behind another hub than the root's. */
  readonly behindHub: boolean;
  /** Classes of its interfaces, as two hex digits: 01 audio, 08 mass storage. */
  readonly classes: readonly string[];
}

export function usbDevices(machine: Machine): UsbDevice[] {
  const folder = '/sys/bus/usb/devices';
  const names = machine.names(folder);
  return names
    .filter((name) => /^\d+-[\d.]+$/.test(name))
    .map((name) => {
      const at = `${folder}/${name}`;
      const own = names.filter((entry) => entry.startsWith(`${name}:`));
      const controller = machine.target(`${folder}/usb${name.split('-')[0]}`);
      const driver = controller === null ? null : machine.target(`${controller}/../driver`);
      return {
        name,
        id: `${machine.text(`${at}/idVendor`) ?? '????'}:${machine.text(`${at}/idProduct`) ?? '????'}`,
        product: machine.text(`${at}/product`) ?? 'USB device',
        speedMbps: Number(machine.text(`${at}/speed`) ?? Number.NaN),
        controller: driver === null ? null : basename(driver),
        behindHub: name.includes('.'),
        classes: own.map((entry) => machine.text(`${folder}/${entry}/bInterfaceClass`) ?? ''),
      };
    });
}
