import { expect, it } from 'vitest';
import { loadKernels } from '../../src/dsp/kernelFile.ts';
import { createWasmLoudness } from '../../src/dsp/loudnessWasm.ts';
import { createWasmMeter } from '../../src/dsp/meterWasm.ts';
import { createWasmSlipKernel } from '../../src/dsp/slip/slipWasm.ts';
import { warmUp } from '../../src/monitor/warmUp.ts';

it('runs meters and the whole search for dropped frames, the judge included, before the device is opened', () => {
  const kernels = loadKernels();
  let metered = 0;
  let judged = 0;
  warmUp({
    createMeter: (options) => {
      const meter = createWasmMeter(kernels, options);
      const { process } = meter;
      meter.process = (frames) => {
        metered += frames;
        process.call(meter, frames);
      };
      return meter;
    },
    createLoudnessKernel: (options) => createWasmLoudness(kernels, options),
    createSlipKernel: (options) => {
      const kernel = createWasmSlipKernel(kernels, options);
      const { judge } = kernel;
      const asked = judge.weigh;
      judge.weigh = (channel, order) => {
        judged++;
        asked.call(judge, channel, order);
      };
      return kernel;
    },
  });
  expect(metered).toBeGreaterThan(10_000);
  expect(judged).toBeGreaterThan(4);
});
