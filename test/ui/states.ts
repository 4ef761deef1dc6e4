/** Every page in every state that matters: the gallery. Each has a golden PNG in test/ui/golden, and a picture in docs/panel.md. */

import type { CheckRow, CheckView } from '../../src/checks/check.ts';
import type { Fault } from '../../src/fault.ts';
import { meterSection } from '../../src/monitor/channelWatch.ts';
import type { Bank, CantTell, CaptureStateWord, ProveProgress } from '../../src/monitor/snapshot.ts';
import type { RunningTake } from '../../src/monitor/takes.ts';
import { initialUi, type Page, type UiState } from '../../src/ui/navigation.ts';
import type { PanelView } from '../../src/ui/view.ts';
import { bank, finding, rig, rigBanks, spread } from './fixtures.ts';

export interface GalleryState {
  readonly name: string;
  /** Heading in docs/panel.md. */
  readonly group: string;
  /** What a person sees there. */
  readonly caption: string;
  readonly view: PanelView;
  readonly ui: UiState;
  readonly nowMs: number;
}

const slipping = {
  sync: 'lock',
  ppm: 23.1,
  uncertaintyPpm: 0.4,
  slips: 120,
  slipsPerMinute: 66,
  boundPpm: null,
} as const;
const allSync = rigBanks().map((each) =>
  each.id === 'spdif' ? { ...each, sync: 'sync' as const, basis: 'device' as const } : each,
);
const withAdatA = (part: Parameters<typeof rigBanks>[0]) =>
  rigBanks(part).map((each) =>
    each.id === 'spdif' ? { ...each, sync: 'sync' as const, basis: 'device' as const } : each,
  );
const PROVING: ProveProgress = {
  bank: 'adat-a',
  state: 'measuring',
  channel: 11,
  reference: 8,
  hz: 999.98,
  levelDbfs: -20.1,
  seconds: 3.4,
  neededS: 5,
  ppm: null,
  uncertaintyPpm: null,
  boundPpm: null,
  slips: 0,
  slipsPerMinute: null,
  what: '1000 Hz: 3 of 5 s.',
  fix: 'Hold it.',
  startedMs: 3_690_000,
};
const slip = finding({ code: 'bank-slips', where: 'OctoPre', symptom: 'ADAT A slipped 120 times.' });
const usbLoss = finding({
  code: 'usb-loss',
  where: 'Scarlett 18i20 USB',
  symptom: 'All channels jumped together, 3 times; the clocks are fine.',
  cause: 'USB frames were lost between the interface and this box.',
  fix: 'Check the USB cable, leave out hubs, check the power of the Pi.',
});
const noSignal = finding({
  code: 'phantom-off',
  severity: 'warning',
  where: 'Vox',
  symptom: 'No signal.',
  cause: '48 V is off, and a condenser needs it.',
  fix: 'Turn the fader down, switch 48 V on, wait a few seconds.',
  evidence: ['48 V off, by the control', 'RMS -98.0 dBFS'],
});
const xrun = finding({
  code: 'capture-xrun',
  severity: 'warning',
  where: 'Scarlett 18i20 USB',
  symptom: 'The capture buffer ran over 4 times.',
  cause: 'This box was too busy to fetch the samples.',
  fix: 'Close other programs on it; check its power and temperature.',
});
const guessed = finding({
  code: 'banks-guessed',
  severity: 'info',
  where: 'USB Audio',
  symptom: 'This interface is not in the table: its channels stand in groups of 8.',
  cause: 'Nobody has told which channels belong to which port.',
  fix: 'Name the banks in the settings.',
});

export function galleryStates(): GalleryState[] {
  const states: GalleryState[] = [];
  let group = '';
  const add = (name: string, caption: string, view: PanelView, page: Page, ui: Partial<UiState> = {}, nowMs = 0) =>
    states.push({ name, group, caption, view, ui: { ...initialUi(nowMs, page), ...ui }, nowMs });
  const overview: Page = { kind: 'overview' };

  group = 'Overview';
  const sync = rig({ banks: allSync });
  add('overview-sync', 'All clocks are one.', sync, overview);
  const lock = rig({ banks: withAdatA(slipping), findings: [slip] });
  add('overview-lock', 'ADAT A slips: every light on the rack is green, and the take is being ruined.', lock, overview);
  add('overview-lock-blink', 'The same, in the dim third of each second.', lock, overview, {}, 800);
  add(
    'overview-nolock',
    'ADAT A decodes nothing.',
    rig({
      banks: withAdatA({ sync: 'noLock', basis: 'device' }),
      findings: [slip],
      level: (i) => (i >= 11 && i <= 18 ? null : spread(i)),
    }),
    overview,
  );
  add(
    'overview-unknown',
    'Too quiet, or too soon: no verdict.',
    rig({ banks: withAdatA({ sync: 'unknown', basis: 'none' }) }),
    overview,
  );
  add(
    'overview-sim',
    'A simulated run says so.',
    rig({ banks: withAdatA(slipping), findings: [slip], snapshot: { simulated: true } }),
    overview,
  );
  add(
    'overview-nolock-sim',
    'The widest word with everything beside it.',
    rig({ banks: withAdatA({ sync: 'noLock' }), findings: [slip, usbLoss, xrun], snapshot: { simulated: true } }),
    overview,
  );
  add(
    'overview-clips',
    'Clip marks above the channels that clipped.',
    rig({ banks: allSync, clips: (i) => (i % 6 === 1 ? 3 : 0) }),
    overview,
  );
  add('overview-acknowledged', 'An alarm that somebody has seen: its mark is no longer inverted.', lock, overview, {
    acknowledged: ['bank-slips|OctoPre'],
  });
  add(
    'overview-silence',
    'Digital silence everywhere.',
    rig({ banks: allSync.map((each) => ({ ...each, sync: 'unknown' as const })), level: () => null }),
    overview,
  );
  add(
    'overview-full',
    'Full scale on every channel.',
    rig({ banks: allSync, level: () => 0, hold: () => 0 }),
    overview,
  );
  add(
    'overview-noisefloor',
    'Noise floor: bits alive, nothing played.',
    rig({ banks: allSync, level: () => -96 }),
    overview,
  );
  add(
    'overview-k20',
    'K-20: the foot of a bar is -50 dBFS, its top 0 dBFS.',
    rig({ banks: allSync, snapshot: { meter: meterSection({ ballistic: 'k20', unit: 'dBFS', fullScaleDbu: null }) } }),
    overview,
  );
  add(
    'overview-2ch',
    'Two channels.',
    rig({ banks: [bank({ id: 'a', name: 'Analogue', kind: 'analogue', first: 1, last: 2 })] }),
    overview,
  );
  add(
    'overview-18ch',
    'Eighteen channels.',
    rig({
      banks: [
        bank({ id: 'analogue', name: 'Analogue', kind: 'analogue', first: 1, last: 8 }),
        bank({ id: 'spdif', name: 'S/PDIF', kind: 'spdif', first: 9, last: 10 }),
        bank({ id: 'adat-a', name: 'ADAT A', first: 11, last: 18 }),
      ],
    }),
    overview,
  );
  add(
    'overview-64ch',
    'Sixty-four channels.',
    rig({
      banks: Array.from({ length: 8 }, (_, i) =>
        bank({ id: `m${i}`, name: `MADI ${i + 1}`, kind: 'group', first: i * 8 + 1, last: i * 8 + 8 }),
      ),
    }),
    overview,
  );
  add(
    'overview-192k',
    '192 kHz, and a rate far off.',
    rig({ banks: allSync, capture: { rateHz: 192_000 }, clock: { rateErrorPpm: -123.4 } }),
    overview,
  );
  add(
    'overview-clearing',
    'A is held: what letting go will do.',
    sync,
    overview,
    {
      gestures: {
        keys: [{ button: 'A', down: true, rawDown: true, sinceMs: 0, stuck: false }],
        press: { startMs: 0, members: ['A'], bothMs: null, bothEndMs: null, swallowed: false },
        timeMs: 0,
      },
    },
    650,
  );
  add(
    'overview-cleared',
    'Clips and counters are cleared; A within 5 s brings them back.',
    sync,
    overview,
    { clearedMs: 0 },
    100,
  );
  add(
    'overview-hold-pin',
    'A and B held for three seconds.',
    sync,
    overview,
    {
      gestures: {
        keys: [],
        press: { startMs: 0, members: ['A', 'B'], bothMs: 0, bothEndMs: null, swallowed: false },
        timeMs: 0,
      },
    },
    3100,
  );

  group = 'Banks';
  add('bank-analogue', "The interface's own inputs: no cable, no clock to lose.", sync, {
    kind: 'bank',
    bank: 'analogue',
    part: 0,
  });
  add('bank-adat-sync', 'An expander in sync. Numbers are held peaks, dBFS.', sync, {
    kind: 'bank',
    bank: 'adat-a',
    part: 0,
  });
  add(
    'bank-adat-lock',
    'An expander that slips.',
    rig({ banks: withAdatA(slipping), findings: [slip], snapshot: { simulated: true } }),
    { kind: 'bank', bank: 'adat-a', part: 0 },
  );
  add(
    'bank-adat-nolock',
    'No carrier: all zeros.',
    rig({ banks: withAdatA({ sync: 'noLock' }), level: (i) => (i >= 11 && i <= 18 ? null : spread(i)) }),
    { kind: 'bank', bank: 'adat-a', part: 0 },
  );
  add(
    'bank-clip',
    'Two channels clipped.',
    rig({
      banks: allSync,
      clips: (i) => (i === 13 || i === 17 ? 2 : 0),
      level: (i) => (i === 13 || i === 17 ? -0.5 : spread(i)),
    }),
    { kind: 'bank', bank: 'adat-a', part: 0 },
  );
  add('bank-full', 'Eight at full scale.', rig({ banks: allSync, level: () => 0, hold: () => 0 }), {
    kind: 'bank',
    bank: 'adat-a',
    part: 0,
  });
  add('bank-quiet', 'Eight at their noise floor.', rig({ banks: allSync, level: () => -96 }), {
    kind: 'bank',
    bank: 'adat-a',
    part: 0,
  });
  const ppm = meterSection({ ballistic: 'ppmBbc', unit: 'dBFS', fullScaleDbu: null });
  const vu = meterSection({ ballistic: 'vu', unit: 'dBu', fullScaleDbu: 22 });
  add(
    'bank-ppm',
    'The same eight on a PPM IIa: seven marks, even in dB between them.',
    rig({ banks: allSync, level: (i) => -34 + ((i * 5) % 29), snapshot: { meter: ppm } }),
    { kind: 'bank', bank: 'adat-a', part: 0 },
  );
  add(
    'bank-vu-dbu',
    'VU, and numbers in dBu where 0 dBFS is +22 dBu.',
    rig({ banks: allSync, level: (i) => -40 + ((i * 5) % 29), snapshot: { meter: vu } }),
    { kind: 'bank', bank: 'adat-a', part: 0 },
  );
  add('bank-spdif', 'Two channels of S/PDIF.', rig(), { kind: 'bank', bank: 'spdif', part: 0 });
  const sixteen = rig({
    banks: [bank({ id: 'g', name: 'Line in', kind: 'group', first: 1, last: 16, sync: 'unknown' })],
  });
  add('bank-16-second', 'The second eight of sixteen.', sixteen, { kind: 'bank', bank: 'g', part: 1 });

  group = 'Channel';
  add('channel', 'One channel in big type: held peak, RMS, true peak.', sync, { kind: 'channel', index: 17 });
  add('channel-dbu', 'The same in dBu, on a VU meter.', rig({ banks: allSync, snapshot: { meter: vu } }), {
    kind: 'channel',
    index: 17,
  });
  add(
    'channel-clip',
    'It clipped 12 times.',
    rig({ banks: allSync, clips: (i) => (i === 13 ? 12 : 0), level: (i) => (i === 13 ? -0.1 : spread(i)) }),
    { kind: 'channel', index: 13 },
  );
  add('channel-zeros', 'Digital zero.', rig({ banks: allSync, level: (i) => (i === 11 ? null : spread(i)) }), {
    kind: 'channel',
    index: 11,
  });
  add(
    'channel-noise',
    'Alive, and nothing played.',
    rig({ banks: allSync, level: (i) => (i === 11 ? -96.3 : spread(i)) }),
    { kind: 'channel', index: 11 },
  );
  add(
    'channel-frozen',
    'One value for ever.',
    rig({ banks: allSync, channel: (index) => (index === 11 ? { silence: 'frozen' as const } : {}) }),
    { kind: 'channel', index: 11 },
  );

  group = 'Clocks';
  add('sync', 'A row a digital port: word, and what is behind it.', rig(), { kind: 'sync', part: 0 });
  add('sync-lock', 'ADAT A runs 23.1 ppm fast.', lock, { kind: 'sync', part: 0 });
  add(
    'sync-unused',
    'A port that nobody uses is no fault.',
    rig({ banks: withAdatA({ sync: 'noLock', box: null }), level: (i) => (i >= 11 && i <= 18 ? null : spread(i)) }),
    { kind: 'sync', part: 0 },
  );
  const digiface = rig({
    banks: [1, 2, 3, 4]
      .map((n) =>
        bank({
          id: `adat-${n}`,
          name: `ADAT ${n}`,
          first: n * 8 - 7,
          last: n * 8,
          box: `Box ${n}`,
          sync: n === 3 ? 'lock' : 'sync',
          basis: 'device',
        }),
      )
      .concat(bank({ id: 'spdif', name: 'S/PDIF', kind: 'spdif', first: 33, last: 34 })),
  });
  add('sync-second', 'The second page of ports.', digiface, { kind: 'sync', part: 1 });
  add(
    'sync-analogue',
    'An interface without digital ports.',
    rig({ banks: [bank({ id: 'a', name: 'Analogue', kind: 'analogue', first: 1, last: 8 })] }),
    { kind: 'sync', part: 0 },
  );
  add('clock-lock', 'What is wrong, how much, what to do, and what is fine.', lock, {
    kind: 'syncBank',
    bank: 'adat-a',
  });
  add(
    'clock-lock-sim',
    'The same in a simulated run.',
    rig({ banks: withAdatA(slipping), findings: [slip], snapshot: { simulated: true } }),
    { kind: 'syncBank', bank: 'adat-a' },
  );
  add('clock-nolock', 'No lock.', rig({ banks: withAdatA({ sync: 'noLock' }) }), { kind: 'syncBank', bank: 'adat-a' });
  const quiet = rig({
    banks: withAdatA({ sync: 'unknown', basis: 'none' }),
    level: (i) => (i >= 11 && i <= 18 ? -96 : spread(i)),
  });
  add(
    'clock-unknown',
    'No verdict from silence.',
    quiet,
    { kind: 'syncBank', bank: 'adat-a' },
    { lastSyncMs: { 'adat-a': 0 } },
    190_000,
  );
  const unknown = (why: CantTell['why'], heardPercent: number, view: Partial<PanelView> = {}) =>
    rig({
      banks: withAdatA({ sync: 'unknown', basis: 'none', cantTell: { why, heardPercent, showsPercent: 4 } }),
      view,
    });
  for (const [name, caption, view] of [
    ['never', 'Nothing heard yet that tells.', unknown('tooLittle', 0, { canProve: false })],
    ['heard', 'Some material: how much of what SYNC wants.', unknown('tooLittle', 62)],
    ['hidden', 'One source alone: more of the same will not do.', unknown('hidden', 12)],
    ['hidden-alone', 'The same, where nothing can be proven.', unknown('hidden', 12, { canProve: false })],
    ['held', 'A jump was heard, that may be a slip.', unknown('held', 100)],
    ['zeros', 'Digital zero says nothing of a clock.', unknown('zeros', 0)],
    ['data', 'Data or hash on the port.', unknown('noSound', 40)],
  ] as const)
    add(`clock-unknown-${name}`, caption, view, { kind: 'syncBank', bank: 'adat-a' });
  add(
    'clock-split',
    'From a split fibre there is no verdict.',
    rig({ banks: withAdatA({ sync: 'unknown', basis: 'none', vantage: 'split' }) }),
    { kind: 'syncBank', bank: 'adat-a' },
  );
  add(
    'clock-resampled',
    'Nor from a stream that another program resamples.',
    rig({ banks: withAdatA({ sync: 'unknown', basis: 'none', vantage: 'resampled' }) }),
    { kind: 'syncBank', bank: 'adat-a' },
  );
  add('clock-sync-audio', 'In sync, by what was heard.', sync, { kind: 'syncBank', bank: 'adat-a' });
  add('clock-sync-device', 'In sync, by the interface.', sync, { kind: 'syncBank', bank: 'spdif' });
  add('clock-sync-proof', 'In sync, proven.', sync, { kind: 'syncBank', bank: 'adat-b' });
  add('clock-prove', 'The guided proof: what to do.', quiet, { kind: 'prove', bank: 'adat-a' });
  const proof = (part: Partial<ProveProgress>, adatA: Partial<Bank> = { sync: 'unknown', basis: 'none' }) =>
    rig({ banks: withAdatA(adatA), snapshot: { prove: { ...PROVING, ...part } } });
  const prove: Page = { kind: 'prove', bank: 'adat-a' };
  add('clock-prove-measuring', 'A tone, and the same on an input of the interface.', proof({}), prove);
  add(
    'clock-prove-alone',
    'The tone alone takes longer.',
    proof({ reference: null, seconds: 41.2, neededS: 68, slips: 1 }),
    prove,
  );
  add(
    'clock-prove-obstacle',
    'What stands in the way.',
    proof({ what: 'The tone clips on ADAT A.', fix: 'Turn it down by 10 dB.' }),
    prove,
  );
  add(
    'clock-prove-passed',
    'One clock, and how well that is known.',
    proof(
      { state: 'passed', ppm: 0.01, uncertaintyPpm: 0.02, boundPpm: 0.03, what: 'OctoPre runs on our clock.', fix: '' },
      {
        basis: 'proof',
        boundPpm: 0.03,
        proof: { passed: true, ppm: 0.01, uncertaintyPpm: 0.02, boundPpm: 0.03, ageS: 4 },
      },
    ),
    prove,
  );
  add(
    'clock-prove-failed',
    'Two clocks.',
    proof(
      { state: 'failed', ppm: 23, uncertaintyPpm: 0.1, slips: 8, slipsPerMinute: 66.2, what: '', fix: '' },
      { ...slipping, basis: 'proof', slips: 0 },
    ),
    prove,
  );
  add(
    'clock-prove-unclear',
    "It can't tell, and says why.",
    proof({
      state: 'unclear',
      what: 'The tone does not hold still.',
      fix: 'Use a generator with a crystal, 1 kHz, and nothing else on that input.',
    }),
    prove,
  );
  add(
    'clock-sync-proof-age',
    'In sync, proven, and when.',
    rig({
      banks: withAdatA({
        basis: 'proof',
        boundPpm: 0.03,
        proof: { passed: true, ppm: 0.01, uncertaintyPpm: 0.02, boundPpm: 0.03, ageS: 745 },
      }),
    }),
    { kind: 'syncBank', bank: 'adat-a' },
  );
  const spdifSlip = rig({
    banks: rigBanks().map((each) =>
      each.id === 'spdif'
        ? { ...each, sync: 'lock' as const, slips: 4, slipsPerMinute: 2, ppm: -0.7, box: 'Kemper' }
        : each,
    ),
  });
  add(
    'clock-missing-frame',
    'One frame that seems to be missing: no slip for sure, and no verdict.',
    rig({ banks: withAdatA({ sync: 'unknown', basis: 'none', slips: 1, slipsExact: 0 }) }),
    { kind: 'syncBank', bank: 'adat-a' },
  );
  add('clock-lock-spdif', 'A modeller on its own clock.', spdifSlip, { kind: 'syncBank', bank: 'spdif' });

  group = 'Findings';
  add('finding-none', 'Nothing is wrong.', sync, { kind: 'finding', cause: null });
  add(
    'finding-slip',
    'An expander on its own clock, first of three.',
    rig({ banks: withAdatA(slipping), findings: [slip, usbLoss, xrun] }),
    { kind: 'finding', cause: 'bank-slips|OctoPre' },
  );
  const once = finding({
    code: 'bank-slip-once',
    severity: 'info',
    where: 'OctoPre',
    symptom: 'A frame seems to be missing in ADAT A, once.',
    confidence: 'low',
  });
  add(
    'finding-slip-once',
    'One frame that seems to be missing is a note, and no warning.',
    rig({ banks: allSync, findings: [once] }),
    {
      kind: 'finding',
      cause: 'bank-slip-once|OctoPre',
    },
  );
  add('finding-usb', 'USB loss: not a clock.', rig({ banks: allSync, findings: [usbLoss] }), {
    kind: 'finding',
    cause: 'usb-loss|Scarlett 18i20 USB',
  });
  add(
    'finding-nosignal',
    'A microphone without 48 V.',
    rig({
      banks: allSync,
      findings: [noSignal],
      channel: (index) => (index === 5 ? { name: 'Vox' } : index === 17 ? { name: 'Keys' } : {}),
    }),
    { kind: 'finding', cause: 'phantom-off|Vox' },
  );
  const xruns = rig({ banks: allSync, findings: [xrun] });
  add('finding-xrun-1', 'A long finding, its first half.', xruns, {
    kind: 'finding',
    cause: 'capture-xrun|Scarlett 18i20 USB',
  });
  add(
    'finding-xrun-2',
    'Four seconds later, the rest.',
    xruns,
    { kind: 'finding', cause: 'capture-xrun|Scarlett 18i20 USB' },
    {},
    4000,
  );
  add('finding-info', 'Only for information: no mark.', rig({ banks: allSync, findings: [guessed] }), {
    kind: 'finding',
    cause: 'banks-guessed|USB Audio',
  });
  add('alarm-slip', 'A new alarm takes the panel over for five seconds, once a cause.', lock, overview, {
    takeOver: { cause: 'bank-slips|OctoPre', sinceMs: 0 },
  });
  add(
    'alarm-usb',
    'Any press ends it: A acknowledges, B opens it.',
    rig({ banks: allSync, findings: [usbLoss], snapshot: { simulated: true } }),
    overview,
    { takeOver: { cause: 'usb-loss|Scarlett 18i20 USB', sinceMs: 0 } },
  );

  group = 'Patch';
  add('patch-analogue', 'What is plugged where; a dot marks signal.', sync, {
    kind: 'patch',
    bank: 'analogue',
    part: 0,
  });
  add('patch-adat', 'Through an expander.', rig({ banks: allSync, level: (i) => (i % 3 === 0 ? null : spread(i)) }), {
    kind: 'patch',
    bank: 'adat-a',
    part: 0,
  });

  group = 'Network and system';
  add('network', 'QR of the address that a phone can reach, its name, and the PIN for changes.', sync, {
    kind: 'network',
  });
  add(
    'network-long',
    'A longer address makes a larger code.',
    rig({
      banks: allSync,
      view: { network: { url: 'http://192.168.100.123:18080', name: 'rack-2-studio-b.local', pin: '000417' } },
    }),
    { kind: 'network' },
  );
  add(
    'network-port80',
    'The shortest.',
    rig({
      banks: allSync,
      snapshot: { simulated: true },
      view: { network: { url: 'http://10.0.0.7', name: null, pin: null } },
    }),
    { kind: 'network' },
  );
  add(
    'network-local',
    'Nobody but this machine can reach the page.',
    rig({ banks: allSync, view: { network: { url: null, name: null, pin: '482915' } } }),
    { kind: 'network' },
  );
  add('system', 'The box itself.', sync, { kind: 'system' });
  add(
    'system-busy',
    'After a rough night.',
    rig({
      banks: allSync,
      capture: { xruns: 48, lostFrames: 91_240 },
      snapshot: { uptimeMs: 11 * 86_400_000, simulated: true },
      view: { system: { cpuPercent: 97.4, rssMb: 110, temperatureC: 83, panel: 'SH1106 100k', buttons: 'A B C' } },
    }),
    { kind: 'system' },
  );

  group = 'No meters';
  const capture = (state: CaptureStateWord, fault: Fault | null = null, simulated = false) =>
    rig({ banks: allSync, capture: { state, fault }, snapshot: { simulated } });
  add(
    'absent',
    'No interface.',
    capture('absent', { code: 'device-gone', what: 'No USB interface.', fix: 'Plug it in: it is found by itself.' }),
    overview,
  );
  add('opening', 'Opening it.', capture('opening'), overview);
  add('stalled', 'It is open, and sends nothing.', capture('stalled'), overview);
  add(
    'faulted',
    'Another program has it.',
    capture('faulted', {
      code: 'pcm-busy',
      what: 'Another program holds hw:1,0.',
      fix: 'Stop it, or release it there.',
    }),
    overview,
  );
  add(
    'not-watching',
    'Released to the DAW: the last verdict, and how old it is.',
    capture('released'),
    overview,
    { lastSyncMs: { 'adat-a': 0 } },
    190_000,
  );
  add('not-watching-sim', 'The same before any verdict.', capture('released', null, true), overview);
  add(
    'ended',
    'The end of a take from a file.',
    rig({ banks: allSync, capture: { state: 'ended', source: 'wav', name: 'take-07.wav' } }),
    overview,
  );
  group = 'Guided checks';
  const row = (channel: number, name: string, state: CheckRow['state'], text: string, levelDbfs: number | null) => ({
    channel,
    name,
    state,
    text,
    levelDbfs,
  });
  const checking = (check: CheckView) => rig({ banks: allSync, snapshot: { check } });
  add('check-line-idle', 'The line check waits to be begun.', rig({ banks: allSync }), {
    kind: 'check',
    check: 'line',
  });
  add(
    'check-line',
    'It asks for one source after the other; what was found last, and what is wrong.',
    checking({
      kind: 'line',
      state: 'running',
      ask: 'Play Tom 2 (7).',
      channel: 7,
      startedMs: 0,
      rows: [
        row(5, 'Hat', 'bad', 'dead', null),
        row(6, 'Tom 1', 'good', 'arrives', -22),
        row(7, 'Tom 2', 'now', '', null),
        row(8, 'Floor tom', 'waiting', '', null),
      ],
    }),
    { kind: 'check', check: 'line' },
  );
  add(
    'check-line-done',
    "The end of it: two cables are in each other's socket.",
    checking({
      kind: 'line',
      state: 'done',
      ask: '2 of 3 need a look.',
      channel: null,
      startedMs: 0,
      rows: [
        row(1, 'Kick in', 'good', 'arrives', -18),
        row(6, 'Tom 1', 'bad', 'on 7 Tom 2', -21),
        row(7, 'Tom 2', 'bad', 'on 6 Tom 1', -24),
      ],
    }),
    { kind: 'check', check: 'line' },
  );
  add(
    'check-line-since',
    'Later: what is not as loud as it was at the sound check.',
    rig({
      banks: allSync,
      snapshot: { soundcheck: { at: '2026-03-14T18:00:00.000Z', changes: [{ channel: 7, name: 'Tom 2', db: -9 }] } },
    }),
    { kind: 'check', check: 'line' },
  );
  add(
    'check-hum',
    'Where it hums, loudest first, and what is gone.',
    checking({
      kind: 'hum',
      state: 'running',
      ask: 'Unplug one by one, and wait.',
      channel: null,
      startedMs: 0,
      rows: [row(11, 'Bass DI', 'bad', '50 Hz', -52), row(13, 'Gtr L', 'gone', '50 Hz -61, gone', null)],
    }),
    { kind: 'check', check: 'hum' },
  );
  add(
    'check-gain',
    'Peaks against the target.',
    checking({
      kind: 'gain',
      state: 'running',
      ask: 'Play your loudest: aim at -18 to -6 dBFS.',
      channel: null,
      startedMs: 0,
      rows: [row(17, 'Vox', 'bad', '4 dB too hot', -2), row(1, 'Kick in', 'good', 'good', -9)],
    }),
    { kind: 'check', check: 'gain' },
  );
  add(
    'check-noise',
    'Floors, worst first.',
    checking({
      kind: 'noise',
      state: 'done',
      ask: '1 noisy: check gain and cable.',
      channel: null,
      startedMs: 0,
      rows: [row(13, 'Gtr L', 'bad', 'noisy', -61), row(1, 'Kick in', 'good', 'quiet', -98)],
    }),
    { kind: 'check', check: 'noise' },
  );

  group = 'Take';
  add('take-none', 'No take runs: how to begin one.', rig({ banks: allSync }), { kind: 'take' });
  add(
    'take-running',
    'A take runs: its time stands in every header. The panel does not sleep.',
    rig({ banks: allSync, snapshot: { take: TAKE } }),
    { kind: 'take' },
  );
  add(
    'take-suspect',
    'Something fell into it: what first, and when.',
    rig({ banks: allSync, snapshot: { take: SUSPECT_TAKE } }),
    { kind: 'take' },
  );
  add(
    'take-last',
    'The take before, and how it went.',
    rig({
      banks: allSync,
      snapshot: {
        lastTake: { ...SUSPECT_TAKE, endedFrame: 177_600_000, endedMs: 3_690_000, endedAt: '2026-03-14T20:20:00.000Z' },
      },
    }),
    { kind: 'take' },
  );
  add('take-overview', 'The overview while a take runs.', rig({ banks: allSync, snapshot: { take: TAKE } }), overview);
  add(
    'asleep',
    'After a quarter of an hour of silence: dark, against burn-in.',
    rig({ banks: allSync, level: () => null }),
    overview,
    { light: 'off' },
  );
  add('shifted', 'Each minute the picture moves by a pixel.', sync, overview, {}, 120_000);
  return states;
}

const TAKE: RunningTake = {
  id: '20260314T201500Z-3',
  name: 'Take 3',
  startedFrame: 168_000_000,
  startedMs: 3_508_000,
  startedAt: '2026-03-14T20:15:00.000Z',
  by: 'button',
  clips: [],
  verdict: { word: 'clean', suspects: 0, first: [], notWatchedMs: 0, lossesHiddenMs: 0, untold: ['adat-c'] },
};

const SUSPECT_TAKE: RunningTake = {
  ...TAKE,
  verdict: {
    word: 'suspect',
    suspects: 3,
    first: [{ kind: 'slip', where: 'adat-b', frame: 170_976_000, atMs: 62_000 }],
    notWatchedMs: 0,
    lossesHiddenMs: 0,
    untold: [],
  },
};

/** Screens that need no snapshot. */
export const SPLASH = { version: '0.1.0', simulated: false };
export const FAULT = {
  fault: {
    code: 'web-port-taken',
    what: 'Port 8080 is taken by another program.',
    fix: 'Stop it, or choose another with --http.',
  },
  url: null,
};
