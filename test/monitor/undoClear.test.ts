import { expect, it } from 'vitest';
import { ChannelMeter, kernelOptions } from '../../src/dsp/channelMeter.ts';
import { createTwinMeter } from '../../src/dsp/meterTwin.ts';

it('a clear can be undone once, with what came since', () => {
  const options = {
    channels: 2,
    rateHz: 48_000,
    maxFrames: 480,
    fullScale24: 8_388_607,
    clipRun: 1,
    holdMs: 1000,
    movement: 'peak',
  } as const;
  const meter = createTwinMeter(kernelOptions(options));
  const levels = new ChannelMeter(meter, options);
  const clipOnFirst = () => {
    meter.input.fill(0);
    meter.input[200] = 8_388_607 * 256;
    meter.process(480);
    levels.update(480);
  };
  clipOnFirst();
  clipOnFirst();
  const largest = levels.truePeakMaxDbX100[0]!;
  expect(levels.clips[0]).toBe(2);
  levels.clear(null);
  expect([...levels.clips]).toEqual([0, 0]);
  expect(levels.truePeakMaxDbX100[0]).toBeLessThan(largest);
  clipOnFirst();
  levels.undoClear();
  expect(levels.clips[0]).toBe(3);
  expect(levels.truePeakMaxDbX100[0]).toBeGreaterThanOrEqual(largest);
  levels.undoClear();
  expect(levels.clips[0]).toBe(3);
});
