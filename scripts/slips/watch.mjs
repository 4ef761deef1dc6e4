// Runs frames through the real kernels, detector and verdicts, as the capture worker does.
import { loadKernels } from '../../dist/dsp/kernelFile.js';
import { createWasmMeter } from '../../dist/dsp/meterWasm.js';
import { SlipDetector } from '../../dist/dsp/slip/slipDetector.js';
import { createWasmSlipKernel } from '../../dist/dsp/slip/slipWasm.js';
import { SlipVerdicts } from '../../dist/monitor/verdict/slipVerdicts.js';

const kernels = loadKernels();
const PERIOD = 480;

/**
 * Watches a stream for as long as blocks are pushed. `banks`: {id, kind, channels (0-based)}; the verdict of `judged` (its
 * place in the list) is kept once a second. A loopback is no bank of its own for the detector, as in the product.
 */
export class Watcher {
  evidence = [];
  states = [];
  mostSuspicious = 0;
  slips = [];
  losses = 0;
  #at = 0;
  #nextState;

  constructor(channels, rateHz, banks = [{ id: 'adat-a', kind: 'adat', channels: everyOf(channels) }], judged = 0) {
    this.channels = channels;
    this.rateHz = rateHz;
    this.#nextState = rateHz;
    this.meter = createWasmMeter(kernels, {
      channels,
      maxFrames: PERIOD,
      fullScale24: 8388607,
      clipRun: 3,
      truePeak: false,
    });
    this.banks = banks.filter((bank) => bank.kind !== 'loopback');
    this.judged = this.banks.indexOf(banks[judged]);
    this.verdicts = new SlipVerdicts({
      rateHz,
      banks: this.banks,
      onSlip: (_, slip) => this.slips.push(slip),
      onLoss: () => this.losses++,
    });
    this.detector = new SlipDetector({
      channels,
      maxFrames: PERIOD,
      rateHz,
      banks: this.banks.map((bank) => bank.channels),
      kernel: (lanes, capacity) => createWasmSlipKernel(kernels, { channels, maxFrames: PERIOD, lanes, capacity }),
      onEvidence: (item) => {
        this.verdicts.take(item);
        if (item.event.bank === this.judged) this.evidence.push(item);
      },
    });
  }

  /** Interleaved Int32; what does not fill a period is left. Stops early when `until` answers true to (state, second). */
  push(block, until = () => false) {
    const { channels, meter, detector, verdicts, judged } = this;
    const total = Math.floor(block.length / channels);
    for (let from = 0; from + PERIOD <= total; from += PERIOD) {
      meter.input.set(block.subarray(from * channels, (from + PERIOD) * channels));
      meter.process(PERIOD);
      detector.process(meter.input, PERIOD, this.#at, meter);
      this.#at += PERIOD;
      verdicts.advance(
        this.#at,
        this.banks.map((bank) => bank.channels.every((c) => meter.orBits[c] === 0)),
      );
      const verdict = verdicts.verdicts[judged];
      if (verdict.combNats > this.mostSuspicious) this.mostSuspicious = verdict.combNats;
      if (this.#at < this.#nextState) continue;
      this.#nextState += this.rateHz;
      const state = verdict.state();
      this.states.push(state);
      if (until(state, this.states.length)) return true;
    }
    return false;
  }

  get seconds() {
    return this.#at / this.rateHz;
  }
}

function everyOf(channels) {
  return Array.from({ length: channels }, (_, c) => c);
}

/** Watches one block that is one bank. Returns the evidence, and the verdict's state once a second. */
export function watch(block, channels, rateHz, { until = () => false } = {}) {
  const watcher = new Watcher(channels, rateHz);
  watcher.push(block, until);
  const { evidence, states, mostSuspicious, slips } = watcher;
  return { evidence, states, mostSuspicious, slips, seconds: states.length };
}
