/**
 * Capture through libasound: `CaptureSource` of an ALSA PCM. Synchronous and non-blocking with a bounded wait: it lives
 * in the capture worker. It only listens: no control is written, and the rate is the device's own where that is known.
 */
import { assertNever, bad, type Fault, good, type Outcome } from '../../fault.ts';
import {
  blockFrames,
  type CaptureChoice,
  type CaptureRead,
  type CaptureSource,
  type CaptureStream,
  type StreamInfo,
  type WatchedArrival,
} from '../ports.ts';
import { fromS16, fromS24In32, fromS24Packed } from '../sampleFormats.ts';
import { cardOfPcm, listCards, PROC_ASOUND, pcmHolder, presentRateHz, type UsbAltSetting } from './cards.ts';
import { type Alsa, ERR, loadAlsa, PCM_FORMAT, PCM_STATE, type Pointer } from './libasound.ts';

export type AlsaChoice = Extract<CaptureChoice, { kind: 'alsa' }>;

export interface AlsaOptions {
  /** Where cards are described; another directory in tests. */
  readonly procRoot?: string;
  /** File name of the library. */
  readonly library?: string;
}

type SampleFormat = keyof typeof PCM_FORMAT;

/** Order in which formats are tried: most bits first, words before packed bytes. */
export const FORMAT_ORDER: readonly SampleFormat[] = ['S32_LE', 'S24_3LE', 'S24_LE', 'S16_LE'];

const BYTES: Record<SampleFormat, number> = { S32_LE: 4, S24_3LE: 3, S24_LE: 4, S16_LE: 2 };
const BITS: Record<SampleFormat, number> = { S32_LE: 32, S24_3LE: 24, S24_LE: 24, S16_LE: 16 };

/** More than this is not metered; ALSA's `null` device, for one, offers thousands. */
export const MAX_CHANNELS = 64;
const MAX_WAIT_MS = 300;
/** An arrival is asked for so many times at most: the clock of a stream that stands still may stand still as well. */
const MAX_ASKS = 2000;
/** An arrival stands between two asks that saw it not and one that did: with half as much again, nothing came between. */
const NARROW_ASKS = 3;
/** A box on which that is more than this is too slow to watch: its wake-ups are no worse. */
const SLOWEST_NARROW_NS = 150e3;
/** Below this the program must come back quickly, or frames are lost: said as a note. */
const SMALL_BUFFER_MS = 200;

/** Rates to try when nobody says which: 48 kHz is what most sessions run at. */
const USUAL_RATES_HZ = [48_000, 44_100, 96_000, 88_200, 192_000, 176_400, 32_000, 16_000, 8_000];

export function alsaSource(choice: AlsaChoice, options: AlsaOptions = {}): CaptureSource {
  return { open: () => openAlsa(choice, options) };
}

function openAlsa(choice: AlsaChoice, options: AlsaOptions): Outcome<CaptureStream> {
  const procRoot = options.procRoot ?? PROC_ASOUND;
  const loaded = loadAlsa(options.library);
  if (!loaded.ok) return loaded;
  const alsa = loaded.value;
  const pcm = alsa.pcmOpen(choice.pcm);
  if (typeof pcm === 'number') return { ok: false, fault: openFault(alsa, choice.pcm, pcm, procRoot) };
  const result = setUp(alsa, pcm, choice, procRoot);
  if (!result.ok) alsa.pcmClose(pcm);
  return result;
}

function openFault(alsa: Alsa, name: string, err: number, procRoot: string): Fault {
  switch (err) {
    case ERR.ENOENT:
    case ERR.ENODEV:
    case ERR.ENXIO:
    case ERR.EINVAL:
      return {
        code: 'device-absent',
        what: `There is no capture device ${name}.`,
        fix: 'Plug the interface in, and see what is there with: lightkeeper list.',
      };
    case ERR.EBUSY:
    case ERR.EAGAIN: {
      const at = cardOfPcm(name, procRoot);
      const holder = at && pcmHolder(at.card, at.device, procRoot);
      const who = holder ? `${holder.command ?? 'process'} (pid ${holder.pid})` : 'another program';
      return {
        code: 'pcm-busy',
        what: `${name} is in use by ${who}.`,
        fix: /pipewire|wireplumber|pulseaudio/.test(holder?.command ?? '')
          ? 'A sound server has it: hide this card from it (the package does), or stop it: systemctl --user stop pipewire.socket pipewire wireplumber pulseaudio.'
          : 'Stop that program, or let it release the interface; Lightkeeper tries again by itself.',
      };
    }
    case ERR.EACCES:
    case ERR.EPERM:
      return {
        code: 'pcm-no-permission',
        what: `${name} may not be opened by this user.`,
        fix: 'Add the user to the group audio, and log in again.',
      };
    default:
      return {
        code: 'pcm-open-failed',
        what: `${name} can not be opened: ${alsa.strerror(err)}.`,
        fix: 'Unplug the interface and plug it in again; see the kernel log (dmesg).',
      };
  }
}

/** Picks a rate that the device offers: as asked, else its present one, else a usual one. */
function pickRate(
  alsa: Alsa,
  pcm: Pointer,
  hw: Pointer,
  choice: AlsaChoice,
  presentHz: number | null,
): Outcome<number> {
  const wanted =
    choice.rateHz !== null ? [choice.rateHz] : presentHz !== null ? [presentHz, ...USUAL_RATES_HZ] : USUAL_RATES_HZ;
  for (const rateHz of wanted) if (alsa.hwSetRate(pcm, hw, rateHz, 0) >= 0) return good(rateHz);
  const low = alsa.hwRateMin(hw);
  const high = alsa.hwRateMax(hw);
  if (choice.rateHz === null && low > 0 && alsa.hwSetRate(pcm, hw, low, 0) >= 0) return good(low);
  const offers = low === high ? `${low} Hz` : `${low} to ${high} Hz`;
  return bad(
    'pcm-no-rate',
    `${choice.pcm} does not run at ${choice.rateHz ?? 'a usual rate'}${choice.rateHz === null ? '' : ' Hz'}; it offers ${offers}.`,
    'Choose a rate that the interface has, or none to keep its own.',
  );
}

interface Granted {
  readonly format: SampleFormat;
  readonly rateHz: number;
  readonly channels: number;
  readonly periodFrames: number;
  readonly bufferFrames: number;
  readonly significantBits: number;
  readonly notes: readonly Fault[];
}

function negotiate(
  alsa: Alsa,
  pcm: Pointer,
  hw: Pointer,
  choice: AlsaChoice,
  presentHz: number | null,
): Outcome<Granted> {
  const notes: Fault[] = [];
  if (alsa.hwAny(pcm, hw) < 0 || alsa.hwSetAccess(pcm, hw) < 0)
    return bad(
      'pcm-no-format',
      `${choice.pcm} does not give interleaved frames.`,
      'Use the hw: name of the interface, as lightkeeper list shows it.',
    );
  alsa.hwSetRateResample(pcm, hw, 0);
  const format = FORMAT_ORDER.find((name) => alsa.hwSetFormat(pcm, hw, PCM_FORMAT[name]) >= 0);
  if (format === undefined)
    return bad(
      'pcm-no-format',
      `${choice.pcm} offers none of ${FORMAT_ORDER.join(', ')}.`,
      'This interface can not be metered; please report it with the output of: lightkeeper list.',
    );
  const rate = pickRate(alsa, pcm, hw, choice, presentHz);
  if (!rate.ok) return rate;
  const rateHz = rate.value;

  const least = alsa.hwChannelsMin(hw);
  const limited = alsa.hwLimitChannels(pcm, hw, MAX_CHANNELS);
  const most = alsa.hwChannelsMax(hw);
  if (limited < 0 || most < 1)
    return bad(
      'pcm-no-channels',
      `${choice.pcm} offers at least ${least} channels; ${MAX_CHANNELS} is the most that can be metered.`,
      'Set the interface to fewer channels.',
    );
  const wanted = choice.channels === null ? most : Math.max(1, Math.min(choice.channels, MAX_CHANNELS));
  const channels = alsa.hwSetChannelsNear(pcm, hw, wanted);
  if (channels < 1 || channels > MAX_CHANNELS)
    return bad(
      'pcm-no-channels',
      `${choice.pcm} does not give ${wanted} channels.`,
      'Ask for none, to capture all that there are.',
    );
  if (choice.channels !== null && channels !== choice.channels)
    notes.push({
      code: 'channels-differ',
      what: `${choice.pcm} gives ${channels} channels at ${rateHz} Hz, not ${choice.channels}.`,
      fix: "Check the interface's rate and digital port mode (S/MUX halves the ADAT channels), or correct the configuration.",
    });

  const periodFrames = alsa.hwSetPeriodNear(pcm, hw, Math.round(rateHz / 100));
  const bufferFrames = alsa.hwSetBufferNear(pcm, hw, rateHz);
  const err = periodFrames < 0 ? periodFrames : bufferFrames < 0 ? bufferFrames : alsa.pcmHwParams(pcm, hw);
  if (err < 0) {
    const fault: Fault =
      err === ERR.ENODEV || err === ERR.EIO || err === ERR.ENXIO
        ? goneFault(alsa, choice.pcm, err)
        : {
            code: 'pcm-refused',
            what: `${choice.pcm} refuses ${channels} channels of ${format} at ${rateHz} Hz: ${alsa.strerror(err)}.`,
            fix: "Check that the interface's clock source is locked; with an invalid clock it can not start.",
          };
    return { ok: false, fault };
  }
  const bufferMs = Math.round((bufferFrames * 1000) / rateHz);
  if (bufferMs < SMALL_BUFFER_MS)
    notes.push({
      code: 'small-buffer',
      what: `${choice.pcm} grants a buffer of ${bufferMs} ms only; a pause longer than that loses frames.`,
      fix: 'Nothing, while no overruns are counted; else capture fewer channels, or keep other work off this machine.',
    });
  const significantBits = alsa.hwSignificantBits(hw);
  return good({ format, rateHz, channels, periodFrames, bufferFrames, significantBits, notes });
}

function setUp(alsa: Alsa, pcm: Pointer, choice: AlsaChoice, procRoot: string): Outcome<CaptureStream> {
  const at = cardOfPcm(choice.pcm, procRoot);
  const card = at && listCards(procRoot).find((one) => one.number === at.card);
  const device = card?.capture.find((one) => one.device === at?.device);
  const hw = alsa.hwMalloc();
  const sw = alsa.swMalloc();
  const status = alsa.statusMalloc();
  if (typeof hw === 'number' || typeof sw === 'number' || typeof status === 'number')
    throw new Error('libasound is out of memory');
  try {
    const granted = negotiate(alsa, pcm, hw, choice, at ? presentRateHz(at.card, procRoot) : null);
    if (!granted.ok) {
      alsa.statusFree(status);
      return granted;
    }
    const { format, rateHz, channels, periodFrames, bufferFrames, notes } = granted.value;
    let err = alsa.swCurrent(pcm, sw);
    if (err >= 0) err = alsa.swSetAvailMin(pcm, sw, periodFrames);
    if (err >= 0) err = alsa.swSetStamps(pcm, sw);
    if (err >= 0) err = alsa.pcmSwParams(pcm, sw);
    if (err >= 0) err = alsa.pcmPrepare(pcm);
    if (err >= 0) err = alsa.pcmStart(pcm);
    if (err < 0) {
      alsa.statusFree(status);
      return { ok: false, fault: goneFault(alsa, choice.pcm, err) };
    }
    const info: StreamInfo = {
      source: 'alsa',
      name: card?.name ?? choice.pcm,
      rateHz,
      channels,
      validBits: validBits(format, granted.value.significantBits, device?.altSettings ?? [], channels),
      periodFrames,
      bufferFrames,
      usbId: card?.usbId ?? null,
      ctl: at === null ? null : `hw:${at.card}`,
      channelNames: [],
      notes,
    };
    return good(new AlsaStream(alsa, pcm, status, choice.pcm, format, info));
  } finally {
    alsa.hwFree(hw);
    alsa.swFree(sw);
  }
}

/** Bits that carry sound: as libasound says, made smaller by what the USB descriptor says of this alternate setting. */
function validBits(format: SampleFormat, significant: number, alt: readonly UsbAltSetting[], channels: number): number {
  let bits = BITS[format];
  if (significant >= 16 && significant < bits) bits = significant;
  const told = alt.find((one) => one.format === format && one.channels === channels)?.bits ?? null;
  if (told !== null && told >= 16 && told < bits) bits = told;
  return bits;
}

function goneFault(alsa: Alsa, name: string, err: number): Fault {
  switch (err) {
    case ERR.ENODEV:
    case ERR.ENXIO:
    case ERR.ENOENT:
      return {
        code: 'device-gone',
        what: `${name} is gone: unplugged, or switched off.`,
        fix: 'Plug the interface in again; it is found by itself.',
      };
    case ERR.EIO:
      return {
        code: 'pcm-io-error',
        what: `${name} answers with an I/O error.`,
        fix: 'Check the USB cable, the hub and the power of the interface.',
      };
    default:
      return {
        code: 'pcm-failed',
        what: `${name} failed: ${alsa.strerror(err)}.`,
        fix: 'It is opened anew by itself; if it stays so, unplug the interface and plug it in again.',
      };
  }
}

class AlsaStream implements CaptureStream {
  readonly info: StreamInfo;
  readonly #alsa: Alsa;
  readonly #pcm: Pointer;
  readonly #status: Pointer;
  readonly #name: string;
  readonly #format: SampleFormat;
  readonly #longBytes: number;
  /** A struct timespec. */
  readonly #stamp = new Int32Array(4);
  /** Raw samples of formats that are not Int32 already; three views of one piece of memory. */
  readonly #rawFrames: number;
  readonly #rawBytes: Uint8Array;
  readonly #rawWords: Int32Array;
  readonly #rawHalves: Int16Array;
  #closed = false;
  /** Frames handed out and frames known to be lost, since the stream opened. */
  #position = 0;
  /** The last status: `#atFrames` frames had arrived at `#atNs`. */
  #atNs = 0;
  #atFrames = 0;
  #avail = 0;
  // answers, reused: a read allocates nothing
  readonly #frames = { kind: 'frames' as const, frames: 0, timeNs: 0, positionFrames: 0, waitingFrames: 0 };
  readonly #idle = { kind: 'idle' as const };
  readonly #xrun: { kind: 'xrun'; lostFrames: number | null } = { kind: 'xrun', lostFrames: null };
  readonly #arrival: WatchedArrival = { timeNs: 0, positionFrames: 0, widthNs: 0, narrow: false };

  constructor(alsa: Alsa, pcm: Pointer, status: Pointer, name: string, format: SampleFormat, info: StreamInfo) {
    this.#alsa = alsa;
    this.#pcm = pcm;
    this.#status = status;
    this.#name = name;
    this.#format = format;
    this.#longBytes = alsa.longBytes;
    this.info = info;
    // A read fetches no more than this of a packed format.
    this.#rawFrames = blockFrames(info);
    const raw = new ArrayBuffer(
      format === 'S32_LE' ? 0 : Math.ceil((this.#rawFrames * info.channels * BYTES[format]) / 4) * 4,
    );
    this.#rawBytes = new Uint8Array(raw);
    this.#rawWords = new Int32Array(raw);
    this.#rawHalves = new Int16Array(raw);
    this.#takeStatus();
  }

  read(block: Int32Array, maxFrames: number, waitMs: number): CaptureRead {
    if (this.#closed) return this.#gone(ERR.EBADFD);
    // What was there at the last wake-up and did not fit into one block is taken first.
    if (this.#avail < this.info.periodFrames) {
      const ready = this.#alsa.pcmWait(this.#pcm, Math.min(waitMs, MAX_WAIT_MS));
      if (ready < 0) return this.#failed(ready);
      // A time-out hides a device that went between (the state tells), and less than what the wait was for.
      const state = this.#takeStatus();
      if (state < 0) return this.#failed(state);
    }
    const limit = this.#format === 'S32_LE' ? maxFrames : Math.min(maxFrames, this.#rawFrames);
    const asked = Math.min(this.#avail, limit);
    if (asked < 1) return this.#idle;
    const frames = this.#fetch(block, asked);
    this.#avail = frames === asked ? this.#avail - frames : 0;
    if (frames < 0) return this.#failed(frames);
    if (frames === 0) return this.#idle;
    this.#position += frames;
    const answer = this.#frames;
    answer.frames = frames;
    answer.timeNs = this.#atNs;
    answer.positionFrames = this.#atFrames;
    answer.waitingFrames = this.#avail;
    return answer;
  }

  wakeEvery(periods: number): void {
    if (this.#closed) return;
    const { periodFrames, bufferFrames } = this.info;
    const room = Math.max(1, Math.floor(bufferFrames / (4 * periodFrames)));
    const alsa = this.#alsa;
    const sw = alsa.swMalloc();
    if (typeof sw === 'number') return;
    // Refused, the wait stays as it was: nothing is lost by that.
    if (
      alsa.swCurrent(this.#pcm, sw) >= 0 &&
      alsa.swSetAvailMin(this.#pcm, sw, periodFrames * Math.min(periods, room)) >= 0
    )
      alsa.pcmSwParams(this.#pcm, sw);
    alsa.swFree(sw);
  }

  watchArrival(longestNs: number, narrowNs: number): WatchedArrival | null {
    // A status looks where the frames are, then at the clock: what the last one had not seen is younger than the stamp of the one before it.
    let youngerNs = this.#atNs;
    // What a status has against it, the next read is told as well.
    if (this.#closed || this.#takeStatus() < 0) return null;
    const fromNs = this.#atNs;
    let lastNs = fromNs;
    let lastFrames = this.#atFrames;
    const best = this.#arrival;
    best.widthNs = Number.POSITIVE_INFINITY;
    best.narrow = false;
    let shortestNs = Number.POSITIVE_INFINITY;
    for (let asks = 0; asks < MAX_ASKS && lastNs - fromNs <= longestNs; asks++) {
      if (this.#takeStatus() < 0) break;
      shortestNs = Math.min(shortestNs, this.#atNs - lastNs);
      if (this.#atFrames !== lastFrames && this.#atNs - youngerNs < best.widthNs) {
        best.timeNs = this.#atNs;
        best.positionFrames = this.#atFrames;
        best.widthNs = this.#atNs - youngerNs;
        best.narrow = best.widthNs <= Math.max(narrowNs, Math.min(NARROW_ASKS * shortestNs, SLOWEST_NARROW_NS));
        if (best.narrow) break;
      }
      youngerNs = lastNs;
      lastNs = this.#atNs;
      lastFrames = this.#atFrames;
    }
    return best.widthNs < Number.POSITIVE_INFINITY ? best : null;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#alsa.pcmClose(this.#pcm);
    this.#alsa.statusFree(this.#status);
  }

  #fetch(block: Int32Array, frames: number): number {
    if (this.#format === 'S32_LE') return this.#alsa.pcmReadi(this.#pcm, block, frames);
    const got = this.#alsa.pcmReadi(this.#pcm, this.#rawBytes, frames);
    if (got <= 0) return got;
    const count = got * this.info.channels;
    switch (this.#format) {
      case 'S24_3LE':
        fromS24Packed(this.#rawWords, this.#rawBytes, block, count);
        return got;
      case 'S24_LE':
        fromS24In32(this.#rawWords, block, count);
        return got;
      case 'S16_LE':
        fromS16(this.#rawHalves, block, count);
        return got;
      default:
        return assertNever(this.#format);
    }
  }

  /** Notes time and position in one call. 0, or the errno that the state stands for. */
  #takeStatus(): number {
    const err = this.#alsa.status(this.#pcm, this.#status);
    if (err < 0) return err;
    const state = this.#alsa.statusState(this.#status);
    if (state === PCM_STATE.disconnected) return ERR.ENODEV;
    if (state === PCM_STATE.xrun) return ERR.EPIPE;
    if (state === PCM_STATE.suspended) return ERR.ESTRPIPE;
    this.#alsa.statusStamp(this.#status, this.#stamp);
    const seconds = this.#stamp[0]! >>> 0;
    const nanos = this.#longBytes === 8 ? this.#stamp[2]! : this.#stamp[1]!;
    this.#avail = this.#alsa.statusAvail(this.#status);
    this.#atNs = seconds * 1e9 + nanos;
    this.#atFrames = this.#position + this.#avail;
    return 0;
  }

  #failed(err: number): CaptureRead {
    let cause = err;
    if (err === ERR.EIO) {
      // a wait that ends badly says EIO when the state changed under it: the state knows better
      const state = this.#takeStatus();
      if (state < 0) cause = state;
    }
    switch (cause) {
      case ERR.EAGAIN:
      case ERR.EINTR:
        return this.#idle;
      case ERR.EPIPE:
        return this.#restart(true);
      case ERR.ESTRPIPE: {
        // The machine slept. EAGAIN: the card is not awake yet. ENOSYS and others: it can only start afresh.
        const resumed = this.#alsa.pcmResume(this.#pcm);
        if (resumed === ERR.EAGAIN) return this.#idle;
        return this.#restart(false);
      }
      default:
        return this.#gone(cause);
    }
  }

  /**
   * Starts again after an overrun. The frames lost are those that the device, at its nominal rate, delivered between
   * the last stamp and the new start, and that nobody read; a sleep can't be told so, for the device slept too.
   */
  #restart(countLost: boolean): CaptureRead {
    const beforeNs = this.#atNs;
    const beforeFrames = this.#atFrames;
    let err = this.#alsa.pcmPrepare(this.#pcm);
    if (err >= 0) err = this.#alsa.pcmStart(this.#pcm);
    if (err >= 0) err = this.#takeStatus();
    if (err < 0) return this.#gone(err);
    const answer = this.#xrun;
    answer.lostFrames = null;
    if (countLost && beforeNs > 0) {
      const since = ((this.#atNs - beforeNs) * this.info.rateHz) / 1e9;
      const lost = Math.max(0, Math.round(beforeFrames + since - this.#avail - this.#position));
      answer.lostFrames = lost;
      this.#position += lost;
      this.#atFrames += lost;
    }
    return answer;
  }

  #gone(err: number): CaptureRead {
    return { kind: 'gone', fault: goneFault(this.#alsa, this.#name, err) };
  }
}
