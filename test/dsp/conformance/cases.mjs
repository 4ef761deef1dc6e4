// The standards' own test signals, made from their texts, and what a meter must read. Used by `npm run conformance` at all
// rates and by test/dsp/conformance.test.ts in short. `lib` is the built or the source modules of src/dsp.
//
// Sources: EBU Tech 3341 (v3) table 1 and Tech 3342 table 1; IEC 60268-10, -17, -18 as told in docs/metering.md.
// Not synthesised: Tech 3341 cases 7 and 8 and Tech 3342 cases 5 and 6 are recordings of programmes.

const FULL = 8388607;
const gain = (db) => 10 ** (db / 20);

/** @typedef {{standard: string, name: string, rateHz: number, expected: string, measured: number, unit: string, low: number, high: number, ok: boolean}} Row */

function row(standard, name, rateHz, measured, nominal, minus, plus, unit) {
  const ok = measured >= nominal - minus - 1e-9 && measured <= nominal + plus + 1e-9;
  const tolerance = minus === plus ? `+-${minus}` : `+${plus} -${minus}`;
  return {
    standard,
    name,
    rateHz,
    expected: `${nominal} ${tolerance}`,
    measured,
    unit,
    low: nominal - minus,
    high: nominal + plus,
    ok,
  };
}

/** Puts x (1 = full scale) into 32-bit words as a 24-bit converter would, without dither. */
const word = (x) => Math.max(-8388608, Math.min(FULL, Math.round(x * FULL))) * 256;

// ---- Loudness -----------------------------------------------------------------------------------------------------

/** Runs segments [seconds, dB of each channel ...] of a 1 kHz sine; `watch` sees the meter every 10 ms. */
function loudness(lib, rateHz, segments, { weightsQ10, watch, meter: given } = {}) {
  const channels = segments[0].length - 1;
  const frames = Math.round(rateHz / 100);
  const meter =
    given ??
    lib.createLoudnessMeter(lib.createWasmLoudness(lib.kernels, { channels, maxFrames: frames, rateHz }), {
      rateHz,
      ...(weightsQ10 ? { weightsQ10 } : {}),
    });
  // One period of 1 kHz repeats exactly after rate / gcd(rate, 1000) frames.
  const cycle = Math.round(rateHz / gcd(rateHz, 1000));
  const sine = Float64Array.from({ length: cycle }, (_, n) => Math.sin((2 * Math.PI * 1000 * n) / rateHz));
  let at = 0;
  let filled = 0;
  let cells = 0;
  const { input } = meter.kernel;
  for (const [seconds, ...levels] of segments) {
    const gains = levels.map((db) => (db === null ? 0 : gain(db)));
    const total = Math.round(seconds * rateHz);
    for (let n = 0; n < total; n++) {
      const x = sine[at];
      at = at + 1 === cycle ? 0 : at + 1;
      for (let c = 0; c < channels; c++) input[filled * channels + c] = word(x * gains[c]);
      if (++filled === frames) {
        meter.update(frames);
        filled = 0;
        watch?.(meter, ++cells / 100);
      }
    }
  }
  meter.update(filled);
  return meter;
}

function gcd(a, b) {
  return b === 0 ? a : gcd(b, a % b);
}

const lufs = (x100) => x100 / 100;
const stereo = (...segments) => segments.map(([s, db]) => [s, db, db]);

export function tech3341(lib, rateHz, { short = false } = {}) {
  const rows = [];
  const add = (name, measured, nominal, minus = 0.1, plus = 0.1, unit = 'LUFS') =>
    rows.push(row('Tech 3341', name, rateHz, measured, nominal, minus, plus, unit));

  for (const [number, db] of [
    [1, -23],
    [2, -33],
  ]) {
    const r = loudness(lib, rateHz, stereo([20, db])).readings();
    add(`${number} M`, lufs(r.momentaryX100), db);
    add(`${number} S`, lufs(r.shortTermX100), db);
    add(`${number} I`, lufs(r.integratedX100), db);
  }
  const integrated = (name, segments, options) =>
    add(`${name} I`, lufs(loudness(lib, rateHz, segments, options).readings().integratedX100), -23);
  integrated('3', stereo([10, -36], [60, -23], [10, -36]));
  if (!short) integrated('4', stereo([10, -72], [10, -36], [60, -23], [10, -36], [10, -72]));
  integrated('5', stereo([20, -26], [20.1, -20], [20, -26]));
  integrated('6', [[20, -28, -28, -24, -30, -30]], { weightsQ10: [1024, 1024, 1024, 1444, 1444] });

  let worst = -23;
  const watchFrom = (from, read) => (meter, seconds) => {
    // A window is only full at `from`: the reading just then and after it counts.
    const value = lufs(read(meter));
    if (seconds >= from - 1e-6 && Math.abs(value + 23) > Math.abs(worst + 23)) worst = value;
  };
  loudness(
    lib,
    rateHz,
    stereo(
      ...Array.from({ length: 5 }, () => [
        [1.34, -20],
        [1.66, -30],
      ]).flat(),
    ),
    {
      watch: watchFrom(3, (m) => m.shortTermX100),
    },
  );
  add('9 S, furthest after 3 s', worst, -23);
  worst = -23;
  loudness(
    lib,
    rateHz,
    stereo(
      ...Array.from({ length: 25 }, () => [
        [0.18, -20],
        [0.22, -30],
      ]).flat(),
    ),
    {
      watch: watchFrom(1, (m) => m.momentaryX100),
    },
  );
  add('12 M, furthest after 1 s', worst, -23);

  const files = short ? [0, 7, 19] : Array.from({ length: 20 }, (_, i) => i);
  const furthest = (values) => values.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0);
  add(
    '10 max S, furthest of 20 files',
    -23 +
      furthest(
        files.map(
          (i) =>
            lufs(loudness(lib, rateHz, stereo([i * 0.15, null], [3, -23], [1, null])).readings().shortTermMaxX100) + 23,
        ),
      ),
    -23,
  );
  add(
    '13 max M, furthest of 20 files',
    -23 +
      furthest(
        files.map(
          (i) =>
            lufs(loudness(lib, rateHz, stereo([i * 0.02, null], [0.4, -23], [1, null])).readings().momentaryMaxX100) +
            23,
        ),
      ),
    -23,
  );
  // Live: each segment is 1 dB louder than the one before, so the maximum so far must be its level.
  const live = (step, tone, length, read) => {
    let meter;
    return furthest(
      Array.from({ length: 20 }, (_, i) => {
        meter = loudness(lib, rateHz, stereo([i * step, null], [tone, -38 + i], [length - i * step, null]), { meter });
        return lufs(read(meter.readings())) - (-38 + i);
      }),
    );
  };
  if (!short)
    add(
      '11 max S live, furthest from -38 .. -19',
      live(0.15, 3, 3, (r) => r.shortTermMaxX100),
      0,
      0.1,
      0.1,
      'LU',
    );
  add(
    '14 max M live, furthest from -38 .. -19',
    live(0.02, 0.4, 0.4, (r) => r.momentaryMaxX100),
    0,
    0.1,
    0.1,
    'LU',
  );

  // True peak: sines on which no sample meets the crest.
  for (const [number, divisor, degrees, peak, nominal] of [
    [15, 4, 0, 0.5, -6],
    [16, 4, 45, 0.5, -6],
    [17, 6, 60, 0.5, -6],
    [18, 8, 67.5, 0.5, -6],
    [19, 4, 45, 1.41, 3],
  ]) {
    const samples = Array.from({ length: rateHz }, (_, n) => {
      // A fade in and out: the standard means a steady tone, not a switch.
      const fade = Math.min(1, n / 1000, (rateHz - 1 - n) / 1000);
      return peak * fade * Math.sin(2 * Math.PI * (n / divisor) + (degrees * Math.PI) / 180);
    });
    add(`${number} true peak`, truePeakOf(lib, samples), nominal, 0.4, 0.2, 'dBTP');
  }
  for (let offset = 0; offset < 4; offset++) {
    add(`${20 + offset} true peak`, truePeakOf(lib, onePeriod(offset)), 0, 0.4, 0.2, 'dBTP');
  }
  return rows;
}

/**
 * Tech 3341 cases 20-23: an fs/4 tone at half of full scale with one period at full scale, made at 4 fs, low-passed at the
 * edge of the final band and decimated by four from `offset`.
 */
function onePeriod(offset) {
  const length = 4096;
  const middle = 2048;
  const wide = Float64Array.from({ length }, (_, n) => {
    const inPeriod = n >= middle && n < middle + 16;
    return (inPeriod ? 1 : 0.5) * Math.sin((2 * Math.PI * n) / 16);
  });
  const reach = 256;
  const samples = [];
  for (let n = reach + offset; n < length - reach; n += 4) {
    let sum = 0;
    for (let k = -reach; k <= reach; k++) {
      const x = k / 4;
      const sinc = k === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
      const taper = 0.5 + 0.5 * Math.cos((Math.PI * k) / (reach + 1));
      sum += wide[n + k] * sinc * taper * 0.25;
    }
    samples.push(sum);
  }
  return samples;
}

function truePeakOf(lib, samples) {
  const meter = lib.createWasmMeter(lib.kernels, {
    channels: 1,
    maxFrames: 1920,
    fullScale24: FULL,
    clipRun: 3,
    truePeak: true,
  });
  let largest = 0;
  for (let from = 0; from < samples.length; from += 1920) {
    const frames = Math.min(1920, samples.length - from);
    for (let n = 0; n < frames; n++) meter.input[n] = word(samples[from + n]);
    meter.process(frames);
    largest = Math.max(largest, meter.truePeakQ13[0]);
  }
  return lib.truePeakDbX100(largest) / 100;
}

export function tech3342(lib, rateHz) {
  return [
    [1, 10, [20, -20], [20, -30]],
    [2, 5, [20, -20], [20, -15]],
    [3, 20, [20, -40], [20, -20]],
    [4, 15, [20, -50], [20, -35], [20, -20], [20, -35], [20, -50]],
  ].map(([number, range, ...segments]) =>
    row(
      'Tech 3342',
      `${number} LRA`,
      rateHz,
      loudness(lib, rateHz, stereo(...segments)).readings().rangeX100 / 100,
      range,
      1,
      1,
      'LU',
    ),
  );
}

// ---- Ballistics ---------------------------------------------------------------------------------------------------

/** A channel meter with one movement, fed with a function of time; `each` gets the reading of every block of 10 ms. */
function movement(lib, rateHz, name, seconds, signal, each) {
  const frames = Math.round(rateHz / 100);
  const options = {
    channels: 1,
    rateHz,
    maxFrames: frames,
    fullScale24: FULL,
    clipRun: 3,
    holdMs: 1000,
    movement: name,
    diagnose: false,
  };
  const kernel = lib.createWasmMeter(lib.kernels, lib.kernelOptions(options));
  const meter = new lib.ChannelMeter(kernel, options);
  for (let block = 0; block < Math.round(seconds * 100); block++) {
    for (let n = 0; n < frames; n++) kernel.input[n] = word(signal(block * frames + n));
    kernel.process(frames);
    meter.update(frames);
    each?.(meter, (block + 1) / 100);
  }
  return meter;
}

const level = (meter) => meter.meterDbX100[0] / 100;

/** Seconds from a tone's end until a meter has fallen by `db`, straight lines between its readings. */
function fallTime(lib, rateHz, name, hz, db) {
  let top;
  let before = [0, 0];
  let result = Number.NaN;
  movement(
    lib,
    rateHz,
    name,
    6,
    (n) => (n < 2 * rateHz ? 0.5 * Math.sin((2 * Math.PI * hz * n) / rateHz) : 0),
    (meter, seconds) => {
      if (Math.abs(seconds - 2) < 1e-6) top = level(meter);
      if (seconds > 2 + 1e-6 && Number.isNaN(result) && level(meter) <= top - db) {
        const [t, l] = before;
        result = t + ((seconds - t) * (l - (top - db))) / (l - level(meter)) - 2;
      }
      before = [seconds, level(meter)];
    },
  );
  return result;
}

export function ppm(lib, rateHz) {
  const rows = [];
  const bursts = {
    ppmI: [
      [10, -1, 0.5],
      [5, -2, 1],
      [3, -4, 1],
      [0.4, -15, 4],
    ],
    ppmII: [
      [100, 0, 0.5],
      [10, -2.25, 0.75],
      [5, -4, 0.75],
      [1.5, -9, 1],
      [0.5, -17, 2],
    ],
  };
  for (const [name, list] of Object.entries(bursts)) {
    const label = name === 'ppmI' ? 'type I' : 'type IIa/b';
    const tone = (n) => 0.5 * Math.sin((2 * Math.PI * 5000 * n) / rateHz);
    const steady = level(movement(lib, rateHz, name, 3, tone));
    rows.push(row('IEC 60268-10', `${label} steady 5 kHz at -6.02 dBFS`, rateHz, steady, -6.02, 0.3, 0.3, 'dBFS'));
    for (const [ms, nominal, tolerance] of list) {
      const frames = Math.round((ms * rateHz) / 1000);
      let largest = -1000;
      movement(
        lib,
        rateHz,
        name,
        0.5,
        (n) => (n < frames ? tone(n) : 0),
        (meter) => {
          largest = Math.max(largest, level(meter));
        },
      );
      rows.push(
        row('IEC 60268-10', `${label} burst ${ms} ms`, rateHz, largest - steady, nominal, tolerance, tolerance, 'dB'),
      );
    }
    // Type I: DIN 20 dB in 1.5 s to Nordic 1.7 +-0.3 s; type II: 24 dB in 2.8 +-0.3 s.
    rows.push(
      name === 'ppmI'
        ? row(
            'IEC 60268-10',
            `${label} return 20 dB`,
            rateHz,
            fallTime(lib, rateHz, name, 5000, 20),
            1.7,
            0.3,
            0.3,
            's',
          )
        : row(
            'IEC 60268-10',
            `${label} return 24 dB`,
            rateHz,
            fallTime(lib, rateHz, name, 5000, 24),
            2.8,
            0.3,
            0.3,
            's',
          ),
    );
  }
  return rows;
}

/** Time to 99 % and overshoot of a meter on a tone switched on, as a share of its steady reading. */
function rise(lib, rateHz, name) {
  const readings = [];
  movement(
    lib,
    rateHz,
    name,
    4,
    (n) => 0.25 * Math.sin((2 * Math.PI * 1000 * n) / rateHz),
    (meter, seconds) => readings.push([seconds, level(meter)]),
  );
  const steady = readings.at(-1)[1];
  const share = ([, db]) => gain(db - steady);
  const index = readings.findIndex((r) => share(r) >= 0.99);
  const [t0, s0] = index > 0 ? [readings[index - 1][0], share(readings[index - 1])] : [0, 0];
  return {
    steady,
    reach: t0 + ((readings[index][0] - t0) * (0.99 - s0)) / (share(readings[index]) - s0),
    overshoot: (Math.max(...readings.map(share)) - 1) * 100,
  };
}

export function volumeMeters(lib, rateHz) {
  const vu = rise(lib, rateHz, 'vu');
  const k = rise(lib, rateHz, 'k');
  return [
    row('IEC 60268-17', 'VU steady 1 kHz at -12.04 dBFS', rateHz, vu.steady, -12.04, 0.1, 0.1, 'dBFS'),
    row('IEC 60268-17', 'VU time to 99 %', rateHz, vu.reach, 0.3, 0.03, 0.03, 's'),
    row('IEC 60268-17', 'VU overshoot', rateHz, vu.overshoot, 1.25, 0.25, 0.25, '%'),
    row('K-System', 'K steady 1 kHz at -12.04 dBFS', rateHz, k.steady, -12.04, 0.1, 0.1, 'dBFS'),
    row('K-System', 'K time to 99 %', rateHz, k.reach, 0.6, 0.06, 0.06, 's'),
  ];
}

export function digitalPeak(lib, rateHz) {
  const rows = [];
  const add = (...values) => rows.push(row('IEC 60268-18', ...values));
  // The shortest peak: one full-scale sample.
  let seen = Number.NaN;
  let first = 0;
  movement(
    lib,
    rateHz,
    'peak',
    0.3,
    (n) => (n === Math.round(0.1 * rateHz) ? 1 : 0),
    (meter, seconds) => {
      if (Number.isNaN(seen) && level(meter) === 0) seen = seconds - 0.1;
      first = Math.max(first, level(meter));
    },
  );
  add('single full-scale sample reads', rateHz, first, 0, 0.1, 0.1, 'dBFS');
  add('delay of the reading', rateHz, seen * 1000, 0, 0, 150, 'ms');
  const burst = Math.round(0.005 * rateHz);
  let largest = -1000;
  movement(
    lib,
    rateHz,
    'peak',
    0.3,
    (n) => (n < burst ? 0.5 * Math.sin((2 * Math.PI * 997 * n) / rateHz) : 0),
    (meter) => {
      largest = Math.max(largest, level(meter));
    },
  );
  add('5 ms burst of 997 Hz at -6.02 dBFS', rateHz, largest, -6.02, 0.1, 0.1, 'dBFS');
  add('return 20 dB', rateHz, fallTime(lib, rateHz, 'peak', 997, 20), 1.7, 0.3, 0.3, 's');
  let held = 0;
  movement(
    lib,
    rateHz,
    'peak',
    2,
    (n) => (n < burst ? 0.5 : 0),
    (meter, seconds) => {
      if (meter.holdDbX100[0] === -602) held = seconds;
    },
  );
  add('hold', rateHz, held, 1, 0.5, 0.5, 's');
  return rows;
}

/** RMS and AES17 on a sine and a square. */
export function rms(lib, rateHz) {
  const read = (signal) => {
    const reader = lib.createFileReader(lib.kernels, { channels: 1, rateHz, validBits: 24 });
    const frames = reader.blockFrames;
    for (let block = 0; block < 100; block++) {
      for (let n = 0; n < frames; n++) reader.input[n] = word(signal(block * frames + n));
      reader.push(frames);
    }
    return reader.finish().channels[0];
  };
  const sine = read((n) => Math.sin((2 * Math.PI * 1000 * n) / rateHz));
  const square = read((n) => (n % (rateHz / 100) < rateHz / 200 ? 1 : -1));
  return [
    row('AES17', 'full-scale sine, RMS', rateHz, sine.rmsDbX100 / 100, -3.01, 0.01, 0.01, 'dBFS'),
    row('AES17', 'full-scale sine, AES17', rateHz, sine.aes17DbX100 / 100, 0, 0.01, 0.01, 'dBFS'),
    row('AES17', 'full-scale square, AES17', rateHz, square.aes17DbX100 / 100, 3.01, 0.01, 0.01, 'dBFS'),
  ];
}

// ---- Accuracy -------------------------------------------------------------------------------------------------------

/**
 * Sines from before quantisation, dithered (TPDF, 2 steps wide) to 24 bits: RMS, VU, K and loudness against the undithered
 * signal in double precision.
 */
export function accuracy(lib, rateHz, random) {
  const rows = [];
  const frames = Math.round(rateHz / 100);
  const seconds = 8;
  for (const db of [0, -20, -40, -60, -80, -100, -120]) {
    const tolerance = db >= -100 ? 0.01 : 0.05;
    const peak = FULL * gain(db) * (db === 0 ? 0.999 : 1);
    const hz = 997;
    const exact = 20 * Math.log10(peak / FULL);
    const options = {
      channels: 1,
      rateHz,
      maxFrames: frames,
      fullScale24: FULL,
      clipRun: 3,
      holdMs: 1000,
      diagnose: false,
    };
    const kernel = lib.createWasmMeter(lib.kernels, lib.kernelOptions({ ...options, movement: 'peak' }));
    const rmsMeter = lib.createRmsMeter({ channels: 1, rateHz, timeConstantMs: 300 });
    const k = lib.createKMeter({ channels: 1, rateHz });
    const loudnessMeter = lib.createLoudnessMeter(
      lib.createWasmLoudness(lib.kernels, { channels: 1, maxFrames: frames, rateHz }),
      { rateHz },
    );
    let squares = 0n;
    for (let block = 0; block < seconds * 100; block++) {
      for (let n = 0; n < frames; n++) {
        const x = peak * Math.sin((2 * Math.PI * hz * (block * frames + n)) / rateHz) + random() - random();
        kernel.input[n] = Math.max(-8388608, Math.min(FULL, Math.round(x))) * 256;
      }
      kernel.process(frames);
      rmsMeter.update(kernel.sumSquares, frames);
      k.update(kernel.sumSquares, frames);
      loudnessMeter.kernel.input.set(kernel.input);
      loudnessMeter.update(frames);
      squares += kernel.sumSquares[0];
    }
    // Readings are rounded to 0.01 dB; the fine ones come from the state before that.
    const fine = (meanSquare) => 10 * Math.log10(meanSquare / FULL ** 2);
    const whole = fine(Number(squares) / (seconds * 100 * frames));
    const add = (name, measured, reference, extra = 0) =>
      rows.push(
        row(
          'accuracy',
          `${name} at ${db} dBFS`,
          rateHz,
          measured - reference,
          0,
          tolerance + extra,
          tolerance + extra,
          'dB',
        ),
      );
    add('RMS of the whole', whole, exact - 3.0103);
    add('RMS 300 ms', fine(rmsMeter.meanSquareQ6[0] / 64), exact - 3.0103);
    // Those shown to 0.01 dB: half a step of rounding comes on top.
    add('K', k.dbX100[0] / 100, exact, 0.005);
    // The momentary reading has no gate.
    const weighted = exact - 3.0103 - 0.691 + lib.kGainDb(hz, rateHz);
    add('loudness M', loudnessMeter.momentaryX100 / 100, weighted, 0.005);
  }
  return rows;
}

/** The PPMs against the same movement in double precision, on the same 24-bit samples. Readings are rounded to 0.01 dB: 0.01 + 0.005. */
export function ppmAccuracy(lib, rateHz) {
  const rows = [];
  for (const [name, type] of [
    ['ppmI', lib.PPM_I],
    ['ppmII', lib.PPM_II],
  ]) {
    for (const db of [-6, -40, -60, -80, -100]) {
      const peak = gain(db);
      const tone = (n) => peak * Math.sin((2 * Math.PI * 997 * n) / rateHz);
      const { attack1Q32, attack2Q32, fallQ32, fallFrames } = lib.ppmConstants(type, rateHz);
      let [z1, z2, largest] = [0, 0, 0];
      const seconds = 2;
      for (let n = 0; n < seconds * rateHz; n++) {
        const size = Math.abs(word(tone(n)) / 256);
        if (size > z1) z1 += (size - z1) * (attack1Q32 / 2 ** 32);
        if (size > z2) z2 += (size - z2) * (attack2Q32 / 2 ** 32);
        // The last block's largest is what the meter shows.
        if (n >= seconds * rateHz - Math.round(rateHz / 100)) largest = Math.max(largest, z1 + z2);
        if ((n + 1) % fallFrames === 0) {
          z1 *= 1 - fallQ32 / 2 ** 32;
          z2 *= 1 - fallQ32 / 2 ** 32;
        }
      }
      const exact = 20 * Math.log10((largest * type.gainQ16) / 65536 / FULL);
      const measured = level(movement(lib, rateHz, name, seconds, tone));
      const tolerance = 0.015;
      rows.push(row('accuracy', `${type.name} at ${db} dBFS`, rateHz, measured - exact, 0, tolerance, tolerance, 'dB'));
    }
  }
  return rows;
}

/** True-peak error in dB over frequency (fractions of the rate): smallest, largest over phases, and the sample peak's smallest. */
export function truePeakError(lib) {
  const points = [];
  const frames = 1000;
  for (let k = 1; k <= 98; k++) {
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    let sampleLow = Number.POSITIVE_INFINITY;
    for (let phase = 0; phase < 32; phase++) {
      const meter = lib.createWasmMeter(lib.kernels, {
        channels: 1,
        maxFrames: 1920,
        fullScale24: FULL,
        clipRun: 3,
        truePeak: true,
      });
      for (let n = 0; n < frames; n++) {
        // Faded in, so that switching on does not ring.
        const fade = 0.5 - 0.5 * Math.cos(Math.PI * Math.min(1, n / 400));
        meter.input[n] = word(0.5 * fade * Math.sin(2 * Math.PI * ((k / 200) * n + phase / 32 / 2)));
      }
      meter.process(frames);
      const error = 20 * Math.log10(meter.truePeakQ13[0] / 8192 / FULL / 0.5);
      low = Math.min(low, error);
      high = Math.max(high, error);
      sampleLow = Math.min(sampleLow, 20 * Math.log10(meter.peak24[0] / FULL / 0.5));
    }
    points.push({ f: k / 200, low, high, sampleLow });
  }
  return points;
}
