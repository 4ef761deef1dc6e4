// Capture from snd-aloop at 18 and 34 channels: every frame, the levels, and the rate of a shifted clock.
import { join } from 'node:path';
import { startDaemon } from '../guest/daemon.mjs';
import { levelsAgree } from '../guest/levels.mjs';
import { loadLoopback, PLAY, RECORD, shiftRate } from '../guest/loopback.mjs';
import { playLoop } from '../guest/player.mjs';
import { rateSeen } from '../guest/rate.mjs';
import { full, scenario } from '../guest/scenario.mjs';
import { noise, RATE_HZ, stairOfSines } from '../guest/signals.mjs';
import { nowMs } from '../guest/system.mjs';

const { alsaSource } = await import(join(process.cwd(), 'dist/device/alsa/alsaSource.js'));

/** Captures `frames` frames through the product's adapter while the PCM plays. */
function captureFrames(channels, frames) {
  const opened = alsaSource({ kind: 'alsa', pcm: RECORD, rateHz: RATE_HZ, channels }).open();
  if (!opened.ok) throw new Error(`[${opened.fault.code}] ${opened.fault.what}`);
  const stream = opened.value;
  const all = new Int32Array(frames * channels);
  const block = new Int32Array(stream.info.periodFrames * channels);
  let got = 0;
  let xruns = 0;
  const endMs = nowMs() + 60_000;
  while (got < frames && nowMs() < endMs) {
    const read = stream.read(block, stream.info.periodFrames, 100);
    if (read.kind === 'xrun') xruns++;
    if (read.kind === 'gone') throw new Error(`[${read.fault.code}] ${read.fault.what}`);
    if (read.kind !== 'frames') continue;
    const take = Math.min(read.frames, frames - got);
    all.set(block.subarray(0, take * channels), got * channels);
    got += take;
  }
  stream.close();
  return { all, got, xruns };
}

/** Frames of the capture, from the first played one on, that follow the played loop exactly, one after the other. */
function exactRun(played, captured, channels) {
  const loopFrames = played.length / channels;
  let first = 0;
  while (first < captured.length && captured[first] === 0) first++;
  const start = Math.floor(first / channels) * channels;
  let phase = -1;
  for (let f = 0; f < loopFrames && phase < 0; f++) {
    let same = true;
    for (let c = 0; c < channels && same; c++) same = played[f * channels + c] === captured[start + c];
    if (same) phase = f;
  }
  if (phase < 0) return { audible: (captured.length - start) / channels, exact: 0 };
  let i = start;
  let p = phase * channels;
  while (i < captured.length && captured[i] === played[p]) {
    i++;
    p = p + 1 === played.length ? 0 : p + 1;
  }
  return { audible: (captured.length - start) / channels, exact: Math.floor((i - start) / channels) };
}

await scenario(async (t) => {
  loadLoopback();
  for (const channels of [18, 34]) {
    const played = noise(channels, RATE_HZ, 20_260_000 + channels);
    const player = await playLoop(PLAY, Buffer.from(played.buffer), { channels, rateHz: RATE_HZ });
    const frames = (full ? 10 : 4) * RATE_HZ;
    const { all, got, xruns } = captureFrames(channels, frames);
    await player.stop();
    const { audible, exact } = exactRun(played, all.subarray(0, got * channels), channels);
    t.check(`${channels} channels of 32-bit noise arrive bit for bit`, {
      measured: `${exact} of ${audible} frames in one exact run, ${xruns} overruns`,
      target: `all of at least ${frames / 2}`,
      ok: exact === audible && audible >= frames / 2 && xruns === 0,
    });
  }

  for (const channels of [18, 34]) {
    const stair = stairOfSines(channels);
    const player = await playLoop(PLAY, stair.bytes, { channels, rateHz: RATE_HZ });
    const daemon = await startDaemon(['--pcm', RECORD, '--channels', String(channels), '--rate', String(RATE_HZ)]);
    await levelsAgree(t, `the daemon's levels of ${channels} known sines`, daemon, stair, channels);
    if (channels === 18) {
      for (const ppm of [100, -100]) {
        shiftRate(ppm);
        await rateSeen(t, `snd-aloop's clock at ${ppm > 0 ? '+' : ''}${ppm} ppm`, daemon, {
          ppm,
          withinS: 60,
          tolerancePpm: 20,
        });
      }
      shiftRate(0);
    }
    const { capture } = await daemon.status();
    t.check(`${channels} channels: no overrun while it ran`, {
      measured: `${capture.xruns} in ${(capture.frames / RATE_HZ).toFixed(0)} s of audio`,
      target: '0',
      ok: capture.xruns === 0 && capture.frames > 0,
    });
    const ended = await daemon.stop();
    t.check(`${channels} channels: SIGTERM ends it cleanly`, {
      measured: ended.signal ?? `exit code ${ended.code}`,
      target: 'exit code 0',
      ok: ended.code === 0,
    });
    await player.stop();
  }
});
