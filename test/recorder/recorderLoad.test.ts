import { afterAll, describe, expect, it } from 'vitest';
import { TestRig, testCardMissing } from '../alsa/testCard.ts';
import { recordUnderLoad } from './support/recordingLoad.ts';

describe.skipIf(testCardMissing() !== null)('the recorder while phones watch', () => {
  const rig = new TestRig();
  afterAll(() => rig.stop());

  // A machine that is busy with other work may hold capture up for longer than its buffer: tried three times.
  it('writes 34 channels bit for bit with what came before the take, and capture loses nothing, with 16 phones', {
    retry: 2,
    timeout: 120_000,
  }, async () => {
    const load = await recordUnderLoad(rig, 20, 16);
    expect(load).toMatchObject({ wrongFrames: 0, xruns: 0, lostFrames: 0, recorderLost: 0 });
    expect(load.fileFrames).toBeGreaterThan(20 * 48_000);
    expect(load.preRollS).toBeGreaterThan(4);
    expect(load.minutesLeft).toBeGreaterThan(0);
    // The header counts all but the last 10 s at any time.
    expect(load.headerAgeS).toBeLessThan(10);
    expect(load.eventsPerS).toBeGreaterThan(1);
  });
});
