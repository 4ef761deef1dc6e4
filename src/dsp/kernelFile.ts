import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';

/**
 * The kernels are compiled at once and for good: 16 ms for all of them (our measurement). Left alone V8 runs a quick version first, which is
 * several times slower, and compiles the good one meanwhile: on a slow core both at a time cost a stream its first second.
 */
const COMPILE_AT_ONCE = ['--no-liftoff', '--no-wasm-lazy-compilation'];

/**
 * Reads and compiles dist/dsp/kernels.wasm, from the built program (beside this file) or from the sources (tests).
 * The one file of this room that touches the disk: the meters themselves take what it returns.
 *
 * @throws Error when the kernels were not built: `npm run build` makes them.
 */
export function loadKernels(): WebAssembly.Module {
  for (const flag of COMPILE_AT_ONCE) setFlagsFromString(flag);
  for (const place of ['./kernels.wasm', '../../dist/dsp/kernels.wasm']) {
    const path = fileURLToPath(new URL(place, import.meta.url));
    if (existsSync(path)) return new WebAssembly.Module(readFileSync(path));
  }
  throw new Error('dist/dsp/kernels.wasm is missing: run npm run build');
}
