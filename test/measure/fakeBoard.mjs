/**
 * Loaded before the program (node --import): gives its io worker an I2C bus of 400 kHz with a panel on it, and two buttons
 * whose edges come through a FIFO. Only the outermost calls are replaced: i2c-bus's openSync, and the C library's open and
 * ioctl on the GPIO chip. BOARD_DIR holds `edges` (FIFO), `values` (bits of the lines), `writes.log` (what went over the bus:
 * from, to, bytes, page, column, data; of commands `- - -` and the bytes).
 */
import fs, { appendFileSync, constants, readFileSync } from 'node:fs';
import { Module, syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';

const dir = process.env.BOARD_DIR;
const CHIP = '/dev/gpiochip0';
const CHIP_FD = 900_001;
const LINES = ['GPIO5', 'GPIO6'];
const KHZ = 400;

const nowMs = () => Number(process.hrtime.bigint() / 1000n) / 1000;
const { default: koffi } = await import('koffi');
const loadLibrary = koffi.load;

/** Puts `replace(signature, real)` in place of each function of the C library for which it gives one. */
function wrapLibrary(replace) {
  koffi.load = (...names) => {
    const library = loadLibrary(...names);
    return new Proxy(library, {
      get(target, key) {
        // What belongs to the library is asked of itself, not of this stand-in.
        if (key !== 'func') return typeof target[key] === 'function' ? target[key].bind(target) : target[key];
        return (...signature) => {
          const real = target.func(...signature);
          return replace(signature[0], real) ?? real;
        };
      },
    });
  };
}

if (isMainThread) {
  // The main thread wakes the worker right after it handed a frame over. Those that an edge brought about are marked.
  wrapLibrary((signature, real) =>
    signature.startsWith('intptr_t write(')
      ? (...given) => {
          const byEdge = /\bonEdge\b/.test(new Error('where').stack);
          appendFileSync(join(dir, 'handed.log'), `${nowMs()} ${byEdge ? 'edge' : 'tick'}\n`);
          return real(...given);
        }
      : null,
  );
} else {
  const clock = new Int32Array(new SharedArrayBuffer(4));

  const bus = {
    /** Takes as long as the wire: start, stop, 9 clocks a byte. */
    i2cWriteSync(address, length, bytes) {
      const from = nowMs();
      if (address !== 0x3c) {
        const error = new Error('EREMOTEIO, Remote I/O error');
        error.code = 'EREMOTEIO';
        throw error;
      }
      const until = from + (2 + 9 * (length + 1)) / KHZ;
      if (until - from > 0.2) Atomics.wait(clock, 0, 0, until - from - 0.1);
      while (nowMs() < until);
      // Page, column and hash of a picture's bytes; commands have none.
      const head = bytes[0] === 0x80 ? `${bytes[1] & 7} ${(bytes[5] & 15) * 16 + (bytes[3] & 15)}` : '- -';
      const data =
        bytes[0] === 0x80 ? Buffer.from(bytes.subarray(7)).toString('hex') : `- ${Buffer.from(bytes).toString('hex')}`;
      appendFileSync(join(dir, 'writes.log'), `${from} ${nowMs()} ${length + 1} ${head} ${data}\n`);
      return length;
    },
    closeSync() {},
  };
  const load = Module._load;
  Module._load = function (request, ...rest) {
    return request === 'i2c-bus' ? { openSync: () => bus } : load.call(this, request, ...rest);
  };

  const readdirSync = fs.readdirSync;
  fs.readdirSync = (path, ...rest) => {
    const names = readdirSync(path, ...rest);
    return path === '/dev' ? [...names.filter((name) => !name.startsWith('gpiochip')), 'gpiochip0'] : names;
  };
  syncBuiltinESMExports();

  // By the C library, as the program closes it: what a worker opened with node:fs Node closes once more when the worker ends, and
  // the number may be another thread's file by then.
  const O_CLOEXEC = 0o2000000;
  const openPath = loadLibrary('libc.so.6').func('int open(const char *path, int flags)');
  const ioctl = (request, argument) => {
    const view = new DataView(argument.buffer, argument.byteOffset, argument.byteLength);
    const text = (at, value) => argument.set(Buffer.from(value), at);
    if (request === 0x8044b401) {
      text(0, 'gpiochip0');
      text(32, 'bench');
      view.setUint32(64, LINES.length, true);
    } else if (request === 0xc100b405) text(0, LINES[view.getUint32(64, true)]);
    else if (request === 0xc250b407)
      view.setInt32(588, openPath(join(dir, 'edges'), constants.O_RDWR | constants.O_NONBLOCK | O_CLOEXEC), true);
    else if (request === 0xc010b40e) view.setBigUint64(0, BigInt(readFileSync(join(dir, 'values'), 'utf8')), true);
    return 0;
  };
  wrapLibrary((signature, real) => {
    if (signature.startsWith('int open(')) return (path, flags) => (path === CHIP ? CHIP_FD : real(path, flags));
    if (signature.startsWith('int ioctl(')) return (_fd, request, argument) => ioctl(request, argument);
    return null;
  });
}
