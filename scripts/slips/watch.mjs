// Runs a block of frames through the real kernels, detector and verdict, as the capture worker does.
import { loadKernels } from '../../dist/dsp/kernelFile.js';
import { createWasmMeter } from '../../dist/dsp/meterWasm.js';
import { SlipDetector } from '../../dist/dsp/slip/slipDetector.js';
import { createWasmSlipKernel } from '../../dist/dsp/slip/slipWasm.js';
import { BankVerdict } from '../../dist/monitor/verdict/bankVerdict.js';

const kernels = loadKernels();
const PERIOD = 480;

/**
 * Watches one bank. Returns the evidence, and the verdict's state once a second.
 * `until`: stops early when it answers true to (state, second).
 */
export function watch(block, channels, rateHz, { until = () => false } = {}) {
  const meter = createWasmMeter(kernels, {
    channels,
    maxFrames: PERIOD,
    fullScale24: 8388607,
    clipRun: 3,
    truePeak: false,
  });
  const evidence = [];
  const verdict = new BankVerdict(rateHz);
  const bank = Array.from({ length: channels }, (_, c) => c);
  const detector = new SlipDetector({
    channels,
    maxFrames: PERIOD,
    rateHz,
    banks: [bank],
    kernel: (lanes, capacity) => createWasmSlipKernel(kernels, { channels, maxFrames: PERIOD, lanes, capacity }),
    onEvidence: (item) => {
      evidence.push(item);
      if (item.kind === 'exact') verdict.takeExact(item.event);
      else if (item.kind === 'drop') verdict.takeDrop(item.event);
      else verdict.takeTrial(item.event);
    },
  });
  const states = [];
  let mostSuspicious = 0;
  const total = Math.floor(block.length / channels);
  let nextState = rateHz;
  for (let at = 0; at + PERIOD <= total; at += PERIOD) {
    meter.input.set(block.subarray(at * channels, (at + PERIOD) * channels));
    meter.process(PERIOD);
    let or = 0;
    for (let c = 0; c < channels; c++) or |= meter.orBits[c];
    detector.process(meter.input, PERIOD, at, meter);
    verdict.advance(PERIOD, or === 0);
    if (verdict.combNats > mostSuspicious) mostSuspicious = verdict.combNats;
    if (at + PERIOD >= nextState) {
      nextState += rateHz;
      const state = verdict.state();
      states.push(state);
      if (until(state, states.length)) break;
    }
  }
  return { evidence, states, mostSuspicious, seconds: states.length };
}
