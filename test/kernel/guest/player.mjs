// Plays a buffer over and over into a PCM, until stopped.
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { start, until } from './system.mjs';

const running = (card) => /^state: RUNNING/m.test(readFileSync(`/proc/asound/${card}/pcm0p/sub0/status`, 'utf8'));

/** `pcm`: hw:<card>,0. Resolves once it plays. */
export async function playLoop(pcm, bytes, { channels, rateHz }) {
  const file = join(mkdtempSync(join(tmpdir(), 'lk-play-')), 'loop.raw');
  writeFileSync(file, bytes);
  const program = join(process.env.KERNEL_CACHE, 'bin/loopPlay');
  const player = start(program, [pcm, String(channels), String(rateHz), file], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  player.child.stderr.setEncoding('utf8').on('data', (text) => {
    said += text;
  });
  const card = pcm.slice(3).split(',')[0];
  const folder = /^\d+$/.test(card) ? `card${card}` : card;
  try {
    await until('playing', 20_000, () => running(folder), 20);
  } catch (error) {
    throw new Error(`${error.message}; it said: ${said}`);
  }
  return {
    exited: player.exited,
    /** Times that the player was late itself. */
    underruns: () => said.split('underrun').length - 1,
    stop: () => player.stop('SIGKILL'),
  };
}
