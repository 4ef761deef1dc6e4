/** The interface and this box as a whole. */
import type { Rule } from '../rule.ts';

export const DEVICE_RULES: readonly Rule[] = [
  {
    code: 'device-gone',
    symptom: 'The interface was there, and went away.',
    cause: 'Its USB cable or its power came loose, or it was switched off.',
    fix: 'Check the USB cable and the power of the interface; it is taken up again by itself.',
    evidence: 'a stream ran before; no such device now',
    severity: 'alarm',
    confidence: 'high',
    afterMs: 0,
    find: ({ inputs, deviceName }) =>
      inputs.everRan && inputs.snapshot.capture.state === 'absent'
        ? [
            {
              where: deviceName,
              channels: [],
              symptom: `${deviceName} went away.`,
              cause: 'Its USB cable or its power came loose, or it was switched off.',
              fix: 'Check the USB cable and the power of the interface; it is taken up again by itself.',
              evidence: ['a stream ran before', 'no such device now'],
            },
          ]
        : [],
  },
];
