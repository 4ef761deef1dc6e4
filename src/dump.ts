/** `lightkeeper dump`: a card's controls as JSON, to send in or to replay. Only reads. */
import { type Card, cardOfPcm, listCards } from './device/alsa/cards.ts';
import { dumpOf, openControls } from './device/alsa/controls.ts';
import { firstUsbCapture } from './device/alsa/findCard.ts';
import { bad, good, type Outcome } from './fault.ts';

/** `device`: an ALSA name (hw:1, hw:USB), a USB id, or null for the first USB capture card. The text ends with a newline. */
export function dumpText(device: string | null, cards: readonly Card[] = listCards()): Outcome<string> {
  const card =
    device === null
      ? firstUsbCapture(cards)
      : (cards.find((one) => one.usbId === device) ??
        cards.find((one) => one.number === cardOfPcm(device)?.card) ??
        null);
  if (card === null && device === null)
    return bad(
      'device-absent',
      'No USB audio interface is here.',
      'Plug it in, or name a card: lightkeeper dump hw:0.',
    );
  const opened = openControls(card === null ? (device as string) : `hw:${card.number}`);
  if (!opened.ok) return opened;
  const dump = dumpOf(opened.value, card?.usbId ?? null);
  opened.value.close();
  return good(`${JSON.stringify(dump, null, 1)}\n`);
}
