/**
 * Finds the card that a configuration means, anew at each opening: a USB interface that was replugged has another number.
 */
import { bad } from '../../fault.ts';
import type { CaptureSource } from '../ports.ts';
import { type AlsaChoice, type AlsaOptions, alsaSource } from './alsaSource.ts';
import { type Card, listCards } from './cards.ts';

const USB_ID = /^[0-9a-f]{4}:[0-9a-f]{4}$/;

/** The card that is taken when nobody chooses: the first USB card with a capture PCM. */
export function firstUsbCapture(cards: readonly Card[]): Card | null {
  return cards.find((card) => card.usbId !== null && card.capture.length > 0) ?? null;
}

/**
 * PCM name for `auto` (the first USB capture card), a USB id (`1235:8215`), or any other word, which is an ALSA name already.
 * null: no such card is there now.
 */
export function pcmOfDevice(device: string, cards: readonly Card[]): string | null {
  if (device === 'auto') return firstUsbCapture(cards)?.capture[0]?.pcm ?? null;
  if (!USB_ID.test(device)) return device;
  return cards.find((card) => card.usbId === device && card.capture.length > 0)?.capture[0]?.pcm ?? null;
}

/** An ALSA source that looks for its card at each opening; not there is `device-absent`. */
export function alsaCardSource(choice: AlsaChoice, options: AlsaOptions = {}): CaptureSource {
  return {
    open() {
      const pcm = pcmOfDevice(choice.pcm, listCards(options.procRoot));
      if (pcm !== null) return alsaSource({ ...choice, pcm }, options).open();
      return choice.pcm === 'auto'
        ? bad('device-absent', 'No USB audio interface is here.', 'Plug it in and switch it on; it is taken by itself.')
        : bad(
            'device-absent',
            `USB interface ${choice.pcm} is not here.`,
            'Plug it in; it is taken up again by itself.',
          );
    },
  };
}
