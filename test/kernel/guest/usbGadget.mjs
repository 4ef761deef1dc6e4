// A USB Audio Class 2 interface made of the kernel's own parts: f_uac2 on dummy_hcd, seen by snd-usb-audio.
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { modprobe, run, sleep, until } from './system.mjs';

const GADGET = '/sys/kernel/config/usb_gadget/lk';
const CARDS = '/proc/asound';

/** Vendor 1209 is for tests (pid.codes); ids of known makers bring the driver's own special cases. */
export const USB_ID = '1209:0001';

const put = (path, value) => writeFileSync(path, `${value}\n`);

/** Number of the USB card, or null. */
export function usbCard() {
  for (const entry of readdirSync(CARDS)) {
    if (/^card\d+$/.test(entry) && existsSync(join(CARDS, entry, 'usbid'))) return Number(entry.slice(4));
  }
  return null;
}

/** Number of the card on the device's side: what is played there, the interface captures. */
function gadgetCard() {
  return Number(readlinkSync(join(CARDS, 'UAC2Gadget')).replace('card', ''));
}

/** Makes an interface of `channels` inputs (27 at most) and plugs it in. Resolves once its card is there. */
export async function makeInterface({ channels, ratesHz = [48_000], product = 'Test interface' }) {
  modprobe('snd-usb-audio');
  modprobe('dummy_hcd');
  modprobe('libcomposite');
  const audio = join(GADGET, 'functions/uac2.0');
  mkdirSync(GADGET);
  const [vendor, id] = USB_ID.split(':');
  put(join(GADGET, 'idVendor'), `0x${vendor}`);
  put(join(GADGET, 'idProduct'), `0x${id}`);
  mkdirSync(join(GADGET, 'strings/0x409'));
  put(join(GADGET, 'strings/0x409/manufacturer'), 'Lightkeeper');
  put(join(GADGET, 'strings/0x409/product'), product);
  put(join(GADGET, 'strings/0x409/serialnumber'), '1');
  mkdirSync(audio);
  put(join(audio, 'p_chmask'), 2 ** channels - 1);
  put(join(audio, 'p_srate'), ratesHz.join(','));
  put(join(audio, 'p_ssize'), 4);
  put(join(audio, 'c_chmask'), 0);
  put(join(audio, 'p_hs_bint'), 1);
  put(join(audio, 'req_number'), 32);
  mkdirSync(join(GADGET, 'configs/c.1/strings/0x409'), { recursive: true });
  symlinkSync(audio, join(GADGET, 'configs/c.1/uac2.0'));
  await plug();
}

export async function plug() {
  put(join(GADGET, 'UDC'), readdirSync('/sys/class/udc')[0]);
  return until('USB card', 10_000, () => usbCard(), 20);
}

export function unplug() {
  put(join(GADGET, 'UDC'), '');
}

/** Speed of the bus's frame clock, and with it of the interface, ppm against the system's. */
export function setUsbPpm(ppm) {
  put('/sys/module/dummy_hcd/parameters/iso_ppm', ppm);
}

/** What the clock's validity control answers from now on. */
export function setClockValid(valid) {
  put('/sys/module/usb_f_uac2/parameters/clock_valid', valid ? 1 : 0);
}

/** Resolves to the device's PCM to play into, once someone records: played to earlier, the gadget's card gets stuck. */
export async function feedWhenRecorded() {
  const card = await until('gadget card', 10_000, () => gadgetCard(), 20);
  await until(
    'recording of the interface',
    60_000,
    () => /: values=[1-9]/.test(run('amixer', '-c', String(card), 'cget', "iface=PCM,name='Playback Rate'")),
    50,
  );
  await sleep(20);
  return `hw:${card},0`;
}

/** What the kernel shows for the validity of the card's clock: on, off, or null where there is no such control. */
export function clockValidity(card) {
  const contents = run('amixer', '-c', String(card), 'contents');
  const control = contents.split(/^(?=numid)/m).find((text) => / Validity'/.test(text));
  return /: values=(on|off)/.exec(control ?? '')?.[1] ?? null;
}

/** The kernel's description of the card's first stream. */
export function streamText(card) {
  return readFileSync(join(CARDS, `card${card}`, 'stream0'), 'utf8');
}
