/**
 * libasound.so.2 through koffi: the calls Lightkeeper makes, and no more. None of them writes to a device: no control
 * is ever set, and a stream is opened for capture only.
 *
 * All calls are synchronous and short (a call costs about 0.4 us); the only one that waits is `pcmWait`, bounded by its
 * time-out. Pointers are BigInt.
 */
import koffi, { type LibraryHandle } from 'koffi';
import { bad, good, type Outcome } from '../../fault.ts';

export type Pointer = bigint;

/** Values of snd_pcm_format_t, from alsa/pcm.h. */
export const PCM_FORMAT = { S16_LE: 2, S24_LE: 6, S32_LE: 10, S24_3LE: 32 } as const;

/** Values of snd_pcm_state_t, from alsa/pcm.h. */
export const PCM_STATE = { xrun: 4, suspended: 7, disconnected: 8 } as const;

/** Negative return values: asm-generic/errno-base.h and errno.h. */
export const ERR = {
  EPERM: -1,
  ENOENT: -2,
  EINTR: -4,
  EIO: -5,
  ENXIO: -6,
  EAGAIN: -11,
  EACCES: -13,
  EBUSY: -16,
  ENODEV: -19,
  EINVAL: -22,
  EPIPE: -32,
  EBADFD: -77,
  ESTRPIPE: -86,
} as const;

/** SND_PCM_STREAM_CAPTURE, SND_PCM_NONBLOCK, SND_PCM_ACCESS_RW_INTERLEAVED, SND_PCM_TSTAMP_ENABLE, ..._MONOTONIC_RAW. */
const STREAM_CAPTURE = 1;
const NONBLOCK = 1;
const ACCESS_RW_INTERLEAVED = 3;
const TSTAMP_ENABLE = 1;
const TSTAMP_TYPE_MONOTONIC_RAW = 2;

/** snd_ctl_elem_iface_t in order. */
export const CTL_IFACES = ['CARD', 'HWDEP', 'MIXER', 'PCM', 'RAWMIDI', 'TIMER', 'SEQUENCER'] as const;
/** snd_ctl_elem_type_t in order. */
export const CTL_TYPES = ['NONE', 'BOOLEAN', 'INTEGER', 'ENUMERATED', 'BYTES', 'IEC958', 'INTEGER64'] as const;

function bind(lib: LibraryHandle, libc: LibraryHandle) {
  const f = (definition: string) => lib.func(definition);
  // libasound prints its own lines on stderr. Ours are enough: an error handler that does nothing. getpid takes no
  // argument, touches nothing, and is there in every libc, so no callback into JavaScript is needed.
  f('int snd_lib_error_set_handler(void *handler)')(libc.symbol('getpid'));
  const pcmOpen = f('int snd_pcm_open(_Out_ void **pcm, const char *name, int stream, int mode)');
  const hwMalloc = f('int snd_pcm_hw_params_malloc(_Out_ void **p)');
  const swMalloc = f('int snd_pcm_sw_params_malloc(_Out_ void **p)');
  const statusMalloc = f('int snd_pcm_status_malloc(_Out_ void **p)');
  const getUint = (name: string) => f(`int ${name}(void *p, _Out_ unsigned int *value)`);
  const getRate = (name: string) => f(`int ${name}(void *p, _Out_ unsigned int *value, _Inout_ int *dir)`);
  const channelsMin = getUint('snd_pcm_hw_params_get_channels_min');
  const channelsMax = getUint('snd_pcm_hw_params_get_channels_max');
  const rateMin = getRate('snd_pcm_hw_params_get_rate_min');
  const rateMax = getRate('snd_pcm_hw_params_get_rate_max');
  const channelsLimit = f('int snd_pcm_hw_params_set_channels_max(void *pcm, void *p, _Inout_ unsigned int *value)');
  const channelsNear = f('int snd_pcm_hw_params_set_channels_near(void *pcm, void *p, _Inout_ unsigned int *value)');
  const periodNear = f(
    'int snd_pcm_hw_params_set_period_size_near(void *pcm, void *p, _Inout_ unsigned long *value, _Inout_ int *dir)',
  );
  const setAccess = f('int snd_pcm_hw_params_set_access(void *pcm, void *p, int access)');
  const tstampMode = f('int snd_pcm_sw_params_set_tstamp_mode(void *pcm, void *p, int mode)');
  const tstampType = f('int snd_pcm_sw_params_set_tstamp_type(void *pcm, void *p, int type)');
  const bufferNear = f('int snd_pcm_hw_params_set_buffer_size_near(void *pcm, void *p, _Inout_ unsigned long *value)');
  const one = (call: (...args: unknown[]) => number, ...before: unknown[]): number => {
    const out: [number] = [0];
    const err = call(...before, out);
    return err < 0 ? err : Number(out[0]);
  };
  const pointerOut = (call: (...args: unknown[]) => number, ...after: unknown[]): Pointer | number => {
    const out: [Pointer | null] = [null];
    const err = call(out, ...after);
    return err < 0 || out[0] === null ? err : out[0];
  };

  const ctlOpen = f('int snd_ctl_open(_Out_ void **ctl, const char *name, int mode)');
  const listMalloc = f('int snd_ctl_elem_list_malloc(_Out_ void **p)');
  const infoMalloc = f('int snd_ctl_elem_info_malloc(_Out_ void **p)');
  const valueMalloc = f('int snd_ctl_elem_value_malloc(_Out_ void **p)');
  const idMalloc = f('int snd_ctl_elem_id_malloc(_Out_ void **p)');
  const cardInfoMalloc = f('int snd_ctl_card_info_malloc(_Out_ void **p)');
  const eventMalloc = f('int snd_ctl_event_malloc(_Out_ void **p)');

  return {
    /** poll(2) on `count` of `fds`: how many are ready; negative: interrupted, or not to be had. */
    poll: libc.func('int poll(void *fds, unsigned long count, int timeout)') as (
      fds: Int32Array,
      count: number,
      timeoutMs: number,
    ) => number,
    strerror: f('const char *snd_strerror(int err)') as (err: number) => string,
    version: f('const char *snd_asoundlib_version()') as () => string,

    /** Opens a PCM for capture, non-blocking. A handle, or a negative errno. */
    pcmOpen: (name: string): Pointer | number => pointerOut(pcmOpen, name, STREAM_CAPTURE, NONBLOCK),
    pcmClose: f('int snd_pcm_close(void *pcm)') as (pcm: Pointer) => number,
    pcmHwParams: f('int snd_pcm_hw_params(void *pcm, void *p)') as (pcm: Pointer, p: Pointer) => number,
    pcmSwParams: f('int snd_pcm_sw_params(void *pcm, void *p)') as (pcm: Pointer, p: Pointer) => number,
    pcmPrepare: f('int snd_pcm_prepare(void *pcm)') as (pcm: Pointer) => number,
    pcmStart: f('int snd_pcm_start(void *pcm)') as (pcm: Pointer) => number,
    pcmResume: f('int snd_pcm_resume(void *pcm)') as (pcm: Pointer) => number,
    /** 1: frames are there. 0: not within `timeoutMs`. Negative: errno. */
    pcmWait: f('int snd_pcm_wait(void *pcm, int timeout)') as (pcm: Pointer, timeoutMs: number) => number,
    /** Frames read into `buffer` (a typed array, filled in place), or a negative errno. */
    pcmReadi: f('long snd_pcm_readi(void *pcm, void *buffer, unsigned long size)') as (
      pcm: Pointer,
      buffer: NodeJS.TypedArray,
      frames: number,
    ) => number,

    hwMalloc: (): Pointer | number => pointerOut(hwMalloc),
    hwFree: f('void snd_pcm_hw_params_free(void *p)') as (p: Pointer) => void,
    hwAny: f('int snd_pcm_hw_params_any(void *pcm, void *p)') as (pcm: Pointer, p: Pointer) => number,
    hwCopy: f('void snd_pcm_hw_params_copy(void *to, void *from)') as (to: Pointer, from: Pointer) => void,
    hwSetAccess: (pcm: Pointer, p: Pointer): number => setAccess(pcm, p, ACCESS_RW_INTERLEAVED),
    hwSetFormat: f('int snd_pcm_hw_params_set_format(void *pcm, void *p, int format)') as (
      pcm: Pointer,
      p: Pointer,
      format: number,
    ) => number,
    hwSetRateResample: f('int snd_pcm_hw_params_set_rate_resample(void *pcm, void *p, unsigned int on)') as (
      pcm: Pointer,
      p: Pointer,
      on: number,
    ) => number,
    hwSetRate: f('int snd_pcm_hw_params_set_rate(void *pcm, void *p, unsigned int rate, int dir)') as (
      pcm: Pointer,
      p: Pointer,
      rateHz: number,
      dir: number,
    ) => number,
    hwTestRate: f('int snd_pcm_hw_params_test_rate(void *pcm, void *p, unsigned int rate, int dir)') as (
      pcm: Pointer,
      p: Pointer,
      rateHz: number,
      dir: number,
    ) => number,
    hwRateMin: (p: Pointer): number => rangeEnd(rateMin, p),
    hwRateMax: (p: Pointer): number => rangeEnd(rateMax, p),
    hwChannelsMin: (p: Pointer): number => one(channelsMin, p),
    hwChannelsMax: (p: Pointer): number => one(channelsMax, p),
    /** Leaves out all that is above `channels`. */
    hwLimitChannels: (pcm: Pointer, p: Pointer, channels: number): number => channelsLimit(pcm, p, [channels]),
    /** Sets the number nearest to `channels` that the device offers, and returns it. */
    hwSetChannelsNear: (pcm: Pointer, p: Pointer, channels: number): number => {
      const io: [number] = [channels];
      const err = channelsNear(pcm, p, io);
      return err < 0 ? err : Number(io[0]);
    },
    hwSetPeriodNear: (pcm: Pointer, p: Pointer, frames: number): number => {
      const io: [number] = [frames];
      const err = periodNear(pcm, p, io, [0]);
      return err < 0 ? err : Number(io[0]);
    },
    hwSetBufferNear: (pcm: Pointer, p: Pointer, frames: number): number => {
      const io: [number] = [frames];
      const err = bufferNear(pcm, p, io);
      return err < 0 ? err : Number(io[0]);
    },
    /** Significant bits of a sample, as the driver says; negative: not told. */
    hwSignificantBits: f('int snd_pcm_hw_params_get_sbits(void *p)') as (p: Pointer) => number,

    swMalloc: (): Pointer | number => pointerOut(swMalloc),
    swFree: f('void snd_pcm_sw_params_free(void *p)') as (p: Pointer) => void,
    swCurrent: f('int snd_pcm_sw_params_current(void *pcm, void *p)') as (pcm: Pointer, p: Pointer) => number,
    swSetAvailMin: f('int snd_pcm_sw_params_set_avail_min(void *pcm, void *p, unsigned long frames)') as (
      pcm: Pointer,
      p: Pointer,
      frames: number,
    ) => number,
    /** Stamps of CLOCK_MONOTONIC_RAW, which no NTP bends. */
    swSetStamps: (pcm: Pointer, p: Pointer): number => {
      const err = tstampMode(pcm, p, TSTAMP_ENABLE);
      return err < 0 ? err : tstampType(pcm, p, TSTAMP_TYPE_MONOTONIC_RAW);
    },

    statusMalloc: (): Pointer | number => pointerOut(statusMalloc),
    statusFree: f('void snd_pcm_status_free(void *p)') as (p: Pointer) => void,
    status: f('int snd_pcm_status(void *pcm, void *p)') as (pcm: Pointer, p: Pointer) => number,
    statusState: f('int snd_pcm_status_get_state(void *p)') as (p: Pointer) => number,
    statusAvail: f('unsigned long snd_pcm_status_get_avail(void *p)') as (p: Pointer) => number,
    /** Writes a struct timespec: two `long`. */
    statusStamp: f('void snd_pcm_status_get_htstamp(void *p, void *timespec)') as (
      p: Pointer,
      timespec: Int32Array,
    ) => void,
    /** Bytes of a C `long`, half of a struct timespec. */
    longBytes: koffi.sizeof('long'),

    ctl: {
      open: (name: string): Pointer | number => pointerOut(ctlOpen, name, NONBLOCK),
      close: f('int snd_ctl_close(void *ctl)') as (ctl: Pointer) => number,
      cardInfoMalloc: (): Pointer | number => pointerOut(cardInfoMalloc),
      cardInfoFree: f('void snd_ctl_card_info_free(void *p)') as (p: Pointer) => void,
      cardInfo: f('int snd_ctl_card_info(void *ctl, void *p)') as (ctl: Pointer, p: Pointer) => number,
      cardInfoId: f('const char *snd_ctl_card_info_get_id(void *p)') as (p: Pointer) => string,
      cardInfoDriver: f('const char *snd_ctl_card_info_get_driver(void *p)') as (p: Pointer) => string,
      cardInfoName: f('const char *snd_ctl_card_info_get_name(void *p)') as (p: Pointer) => string,
      cardInfoLongname: f('const char *snd_ctl_card_info_get_longname(void *p)') as (p: Pointer) => string,
      cardInfoMixername: f('const char *snd_ctl_card_info_get_mixername(void *p)') as (p: Pointer) => string,

      listMalloc: (): Pointer | number => pointerOut(listMalloc),
      listFree: f('void snd_ctl_elem_list_free(void *p)') as (p: Pointer) => void,
      listAllocSpace: f('int snd_ctl_elem_list_alloc_space(void *p, unsigned int entries)') as (
        p: Pointer,
        entries: number,
      ) => number,
      listFreeSpace: f('void snd_ctl_elem_list_free_space(void *p)') as (p: Pointer) => void,
      list: f('int snd_ctl_elem_list(void *ctl, void *p)') as (ctl: Pointer, p: Pointer) => number,
      listCount: f('unsigned int snd_ctl_elem_list_get_count(void *p)') as (p: Pointer) => number,
      listUsed: f('unsigned int snd_ctl_elem_list_get_used(void *p)') as (p: Pointer) => number,
      listId: f('void snd_ctl_elem_list_get_id(void *p, unsigned int i, void *id)') as (
        p: Pointer,
        index: number,
        id: Pointer,
      ) => void,

      idMalloc: (): Pointer | number => pointerOut(idMalloc),
      idFree: f('void snd_ctl_elem_id_free(void *p)') as (p: Pointer) => void,
      idNumid: f('unsigned int snd_ctl_elem_id_get_numid(void *p)') as (p: Pointer) => number,
      idIface: f('int snd_ctl_elem_id_get_interface(void *p)') as (p: Pointer) => number,
      idDevice: f('unsigned int snd_ctl_elem_id_get_device(void *p)') as (p: Pointer) => number,
      idSubdevice: f('unsigned int snd_ctl_elem_id_get_subdevice(void *p)') as (p: Pointer) => number,
      idName: f('const char *snd_ctl_elem_id_get_name(void *p)') as (p: Pointer) => string,
      idIndex: f('unsigned int snd_ctl_elem_id_get_index(void *p)') as (p: Pointer) => number,

      infoMalloc: (): Pointer | number => pointerOut(infoMalloc),
      infoFree: f('void snd_ctl_elem_info_free(void *p)') as (p: Pointer) => void,
      infoSetId: f('void snd_ctl_elem_info_set_id(void *p, void *id)') as (p: Pointer, id: Pointer) => void,
      infoSetItem: f('void snd_ctl_elem_info_set_item(void *p, unsigned int item)') as (
        p: Pointer,
        item: number,
      ) => void,
      info: f('int snd_ctl_elem_info(void *ctl, void *p)') as (ctl: Pointer, p: Pointer) => number,
      infoType: f('int snd_ctl_elem_info_get_type(void *p)') as (p: Pointer) => number,
      infoReadable: f('int snd_ctl_elem_info_is_readable(void *p)') as (p: Pointer) => number,
      infoWritable: f('int snd_ctl_elem_info_is_writable(void *p)') as (p: Pointer) => number,
      infoVolatile: f('int snd_ctl_elem_info_is_volatile(void *p)') as (p: Pointer) => number,
      infoCount: f('unsigned int snd_ctl_elem_info_get_count(void *p)') as (p: Pointer) => number,
      infoMin: f('long snd_ctl_elem_info_get_min(void *p)') as (p: Pointer) => number,
      infoMax: f('long snd_ctl_elem_info_get_max(void *p)') as (p: Pointer) => number,
      infoStep: f('long snd_ctl_elem_info_get_step(void *p)') as (p: Pointer) => number,
      infoItems: f('unsigned int snd_ctl_elem_info_get_items(void *p)') as (p: Pointer) => number,
      infoItemName: f('const char *snd_ctl_elem_info_get_item_name(void *p)') as (p: Pointer) => string,

      valueMalloc: (): Pointer | number => pointerOut(valueMalloc),
      valueFree: f('void snd_ctl_elem_value_free(void *p)') as (p: Pointer) => void,
      valueSetId: f('void snd_ctl_elem_value_set_id(void *p, void *id)') as (p: Pointer, id: Pointer) => void,
      read: f('int snd_ctl_elem_read(void *ctl, void *p)') as (ctl: Pointer, p: Pointer) => number,
      valueBoolean: f('int snd_ctl_elem_value_get_boolean(void *p, unsigned int i)') as (
        p: Pointer,
        i: number,
      ) => number,
      valueInteger: f('long snd_ctl_elem_value_get_integer(void *p, unsigned int i)') as (
        p: Pointer,
        i: number,
      ) => number,
      valueInteger64: f('int64 snd_ctl_elem_value_get_integer64(void *p, unsigned int i)') as (
        p: Pointer,
        i: number,
      ) => number | bigint,
      valueEnumerated: f('unsigned int snd_ctl_elem_value_get_enumerated(void *p, unsigned int i)') as (
        p: Pointer,
        i: number,
      ) => number,
      valueByte: f('uint8 snd_ctl_elem_value_get_byte(void *p, unsigned int i)') as (p: Pointer, i: number) => number,

      subscribe: f('int snd_ctl_subscribe_events(void *ctl, int subscribe)') as (ctl: Pointer, on: number) => number,
      wait: f('int snd_ctl_wait(void *ctl, int timeout)') as (ctl: Pointer, timeoutMs: number) => number,
      /** Fills `fds` (an array of struct pollfd, two Int32 each) with what to wait for; how many there are, or a negative errno. */
      pollDescriptors: f('int snd_ctl_poll_descriptors(void *ctl, void *fds, unsigned int space)') as (
        ctl: Pointer,
        fds: Int32Array,
        space: number,
      ) => number,
      eventMalloc: (): Pointer | number => pointerOut(eventMalloc),
      eventFree: f('void snd_ctl_event_free(void *p)') as (p: Pointer) => void,
      /** 1: an event stands in `p`. 0 or -EAGAIN: none. Other negatives: errno. */
      readEvent: f('int snd_ctl_read(void *ctl, void *p)') as (ctl: Pointer, p: Pointer) => number,
      eventNumid: f('unsigned int snd_ctl_event_elem_get_numid(void *p)') as (p: Pointer) => number,
      /** SND_CTL_EVENT_MASK_*: value 1, info 2, add 4, tlv 8; remove ~0. */
      eventMask: f('unsigned int snd_ctl_event_elem_get_mask(void *p)') as (p: Pointer) => number,
    },
  };

  function rangeEnd(call: (...args: unknown[]) => number, p: Pointer): number {
    const out: [number] = [0];
    const err = call(p, out, [0]);
    return err < 0 ? err : Number(out[0]);
  }
}
export type Alsa = ReturnType<typeof bind>;

const LIBRARY = 'libasound.so.2';
// Bound once a thread: binding anew at each attempt to open would leak the bindings.
let bound: Alsa | null = null;

/** Loads libasound once a thread. Fault `alsa-library-missing` where it is not installed. */
export function loadAlsa(library = LIBRARY): Outcome<Alsa> {
  if (bound !== null && library === LIBRARY) return good(bound);
  try {
    const alsa = bind(koffi.load(library), koffi.load(null));
    if (library === LIBRARY) bound = alsa;
    return good(alsa);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    return bad(
      'alsa-library-missing',
      `The ALSA library ${library} can not be loaded: ${reason}.`,
      'Install it: apt-get install libasound2 (libasound2t64 on newer systems).',
    );
  }
}
