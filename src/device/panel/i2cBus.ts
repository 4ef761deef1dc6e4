/**
 * The I2C bus through the optional package i2c-bus, synchronous: it lives in the io worker, where a write may wait.
 * The package's native part can be loaded by one thread of the program only: that is the io worker.
 */
import { createRequire } from 'node:module';
import { bad, type Fault, good, type Outcome } from '../../fault.ts';
import type { Syscalls } from '../gpio/syscalls.ts';
import type { I2cBus, I2cFault } from './oledDriver.ts';

/** What is used of i2c-bus 5.2. */
interface I2cBusPackage {
  openSync(busNumber: number): {
    i2cWriteSync(address: number, length: number, bytes: Buffer): number;
    receiveByteSync(address: number): number;
    closeSync(): void;
  };
}

/** include/uapi/linux/i2c-dev.h: time-out of the adapter in units of 10 ms. */
const I2C_TIMEOUT = 0x0702;
/** A write of 137 bytes takes 12 ms at 100 kHz; the kernel's own limit on a Pi is 1 s. */
export const BUS_TIMEOUT_MS = 100;

/** Loads the package, or says why there is no panel. */
export function loadI2cBus(): Outcome<I2cBusPackage> {
  try {
    return good(createRequire(import.meta.url)('i2c-bus') as I2cBusPackage);
  } catch {
    return bad(
      'i2c-package-missing',
      'The package i2c-bus is not installed or was built for another Node.',
      'Run npm install on a machine with a compiler (apt install build-essential python3).',
    );
  }
}

/** errno of a failed write -> what it means for the panel. */
export function i2cFault(error: unknown): I2cFault {
  const code =
    (error as { code?: string }).code ?? /^([A-Z]+[A-Z0-9]*)\b/.exec(String((error as Error).message))?.[1] ?? 'EIO';
  if (code === 'ETIMEDOUT') return { kind: 'hung', code };
  if (code === 'ENODEV' || code === 'ENOENT' || code === 'EBADF' || code === 'EACCES') return { kind: 'gone', code };
  return { kind: 'refused', code };
}

export function openI2cBus(
  packaged: I2cBusPackage,
  calls: Syscalls | null,
  busNumber: number,
): { readonly ok: true; readonly value: I2cBus } | { readonly ok: false; readonly fault: I2cFault } {
  try {
    const bus = packaged.openSync(busNumber);
    if (calls !== null) {
      const fd = calls.open(`/dev/i2c-${busNumber}`);
      if (fd >= 0) {
        calls.ioctlNumber(fd, I2C_TIMEOUT, BUS_TIMEOUT_MS / 10);
        calls.close(fd);
      }
    }
    return {
      ok: true,
      value: {
        write(address, bytes) {
          try {
            bus.i2cWriteSync(address, bytes.length, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
            return null;
          } catch (error) {
            return i2cFault(error);
          }
        },
        close() {
          try {
            bus.closeSync();
          } catch {
            // Closed, or the device is gone: the same to us.
          }
        },
      },
    };
  } catch (error) {
    const fault = i2cFault(error);
    return { ok: false, fault: fault.kind === 'refused' ? { kind: 'gone', code: fault.code } : fault };
  }
}

/** What a person is told about a panel that does not answer. */
export function panelFault(fault: I2cFault, busNumber: number): Fault {
  switch (fault.kind) {
    case 'refused':
      return {
        code: 'panel-silent',
        what: `No panel answers on I2C bus ${busNumber} at 0x3c or 0x3d (${fault.code}).`,
        fix: 'Check SDA, SCL, 3.3 V and ground of the panel.',
      };
    case 'hung':
      return {
        code: 'panel-bus-hung',
        what: `I2C bus ${busNumber} hangs (${fault.code}).`,
        fix: 'Power the panel off and on; check for a short between SDA, SCL and ground.',
      };
    case 'gone':
      return {
        code: 'panel-no-bus',
        what: `I2C bus ${busNumber} can not be opened (${fault.code}).`,
        fix:
          fault.code === 'EACCES'
            ? 'Put the user into the group i2c.'
            : 'Switch I2C on: raspi-config, Interface Options, I2C.',
      };
  }
}
