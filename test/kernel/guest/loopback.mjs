// snd-aloop: what is played into one end is recorded from the other, bit for bit, at a rate that can be shifted.
import { modprobe, run } from './system.mjs';

export const PLAY = 'hw:Loopback,0,0';
export const RECORD = 'hw:Loopback,1,0';

export function loadLoopback() {
  modprobe('snd-aloop', 'id=Loopback', 'pcm_substreams=2');
}

/** Makes the recording end run `ppm` fast. The control counts the other way, in steps of 10 ppm. */
export function shiftRate(ppm) {
  run(
    'amixer',
    '-q',
    '-c',
    'Loopback',
    'cset',
    "iface=PCM,name='PCM Rate Shift 100000',device=1",
    String(100_000 - ppm / 10),
  );
}
