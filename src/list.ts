/** `lightkeeper list`: the capture cards of this machine, for people. */
import { type Card, listCards } from './device/alsa/cards.ts';
import { firstUsbCapture } from './device/alsa/findCard.ts';
import { good, type Outcome } from './fault.ts';

function offers(card: Card): string {
  const settings = card.capture.flatMap((device) => device.altSettings);
  if (settings.length === 0) return 'channels and rates are told when it opens';
  const channels = [...new Set(settings.map((setting) => setting.channels))].sort((a, b) => a - b).join(', ');
  const rates = [...new Set(settings.flatMap((setting) => setting.ratesHz))].sort((a, b) => a - b);
  const formats = [...new Set(settings.map((setting) => setting.format))].join(', ');
  return `${channels} channels, ${rates.map((rate) => rate / 1000).join(' ')} kHz, ${formats}`;
}

export function printCards(write: (line: string) => void): Outcome<null> {
  const cards = listCards().filter((card) => card.capture.length > 0);
  if (cards.length === 0) {
    write('No capture cards on this machine. The simulator needs none: lightkeeper --sim session');
    return good(null);
  }
  const chosen = firstUsbCapture(cards);
  for (const card of cards) {
    const id = card.usbId === null ? 'not USB' : `USB ${card.usbId}`;
    write(`${card.name}  (${id})${card === chosen ? '  <- taken when nothing is chosen' : ''}`);
    for (const device of card.capture) write(`  --pcm ${device.pcm}  ${device.name}`);
    write(`  ${offers(card)}`);
  }
  return good(null);
}
