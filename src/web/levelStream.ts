/**
 * Levels on their way to a client: merging so that no peak is lost, and the compact JSON of a `levels` event.
 */
import { type LevelFrame, NO_SIGNAL } from '../monitor/levels.ts';

/**
 * Merges level frames by maximum: peak and true peak are the largest of all frames added, clips and RMS the newest.
 * One LevelMerge is the whole memory of a client that fell behind: its size does not grow with time.
 */
export class LevelMerge {
  /** Frames added since the last `take`. */
  count = 0;
  /** The merged readings cover stream frames `fromFrame` (exclusive) to `frame` (inclusive). */
  fromFrame = 0;
  frame = 0;
  seq = 0;
  channels = 0;
  peakDbX100 = new Int32Array(0);
  truePeakDbX100 = new Int32Array(0);
  rmsDbX100 = new Int32Array(0);
  meterDbX100 = new Int32Array(0);
  clips = new Int32Array(0);

  /** Adds a reading that covers `fromFrame` to `frame.frame`. A change of channel count starts anew: it is another stream. */
  add(frame: LevelReading, fromFrame: number): void {
    if (frame.channels !== this.channels) {
      this.channels = frame.channels;
      this.count = 0;
      this.peakDbX100 = new Int32Array(frame.channels);
      this.truePeakDbX100 = new Int32Array(frame.channels);
      this.rmsDbX100 = new Int32Array(frame.channels);
      this.meterDbX100 = new Int32Array(frame.channels);
      this.clips = new Int32Array(frame.channels);
    }
    // A stream that began again counts from 0: what was merged before belongs to the old one, but its peaks are still news.
    if (this.count === 0 || fromFrame < this.fromFrame) this.fromFrame = fromFrame;
    if (this.count === 0) {
      this.peakDbX100.fill(NO_SIGNAL);
      this.truePeakDbX100.fill(NO_SIGNAL);
    }
    for (let c = 0; c < this.channels; c++) {
      const peak = frame.peakDbX100[c]!;
      if (peak > this.peakDbX100[c]!) this.peakDbX100[c] = peak;
      const truePeak = frame.truePeakDbX100[c]!;
      if (truePeak > this.truePeakDbX100[c]!) this.truePeakDbX100[c] = truePeak;
    }
    this.rmsDbX100.set(frame.rmsDbX100);
    this.meterDbX100.set(frame.meterDbX100);
    this.clips.set(frame.clips);
    this.frame = frame.frame;
    this.seq = frame.seq;
    this.count++;
  }

  /** Forgets what was merged: it has been sent. */
  clear(): void {
    this.count = 0;
  }
}

/** What `LevelMerge.add` and `encodeLevels` read: a LevelFrame, or another merge. */
export type LevelReading = Pick<
  LevelFrame,
  'seq' | 'frame' | 'channels' | 'peakDbX100' | 'truePeakDbX100' | 'rmsDbX100' | 'meterDbX100' | 'clips'
>;

/** 1-based channels to send, rising; null: all. */
export type ChannelFilter = readonly number[] | null;

/**
 * `1-8,13` as rising 1-based channels without doubles. null where it is no such list or a number is outside 1..64.
 */
export function parseChannels(text: string): number[] | null {
  const wanted = new Set<number>();
  for (const part of text.split(',')) {
    const match = /^(\d{1,2})(?:-(\d{1,2}))?$/.exec(part.trim());
    if (match === null) return null;
    const first = Number(match[1]);
    const last = match[2] === undefined ? first : Number(match[2]);
    if (first < 1 || last > 64 || last < first) return null;
    for (let channel = first; channel <= last; channel++) wanted.add(channel);
  }
  return [...wanted].sort((a, b) => a - b);
}

function dbList(dbX100: Int32Array, filter: ChannelFilter, channels: number): string {
  let out = '';
  const length = filter === null ? channels : filter.length;
  for (let i = 0; i < length; i++) {
    const c = filter === null ? i : filter[i]! - 1;
    if (i > 0) out += ',';
    const value = c < channels ? dbX100[c]! : NO_SIGNAL;
    out += value === NO_SIGNAL ? 'null' : String(value / 100);
  }
  return out;
}

function countList(counts: Int32Array, filter: ChannelFilter, channels: number): string {
  if (filter === null) return counts.subarray(0, channels).join(',');
  return filter.map((channel) => (channel <= channels ? counts[channel - 1]! : 0)).join(',');
}

/**
 * One `levels` event, ready for the socket. dB with two decimals, null for no signal; frames count from the stream's
 * start; the readings cover `fromFrame` (exclusive) to `frame` (inclusive), so that a reader can see that nothing is
 * missing between two events. `withMeter`: with the chosen meter as well, where it moves otherwise than a peak meter.
 */
export function encodeLevels(
  levels: LevelReading,
  fromFrame: number,
  filter: ChannelFilter,
  simulated: boolean,
  withMeter = false,
): string {
  const n = levels.channels;
  return (
    `event: levels\ndata: {"seq":${levels.seq},"fromFrame":${fromFrame},"frame":${levels.frame}` +
    `${simulated ? ',"simulated":true' : ''}` +
    `${filter === null ? '' : `,"channels":[${filter.join(',')}]`}` +
    `,"peakDbfs":[${dbList(levels.peakDbX100, filter, n)}]` +
    `,"truePeakDbtp":[${dbList(levels.truePeakDbX100, filter, n)}]` +
    `,"rmsDbfs":[${dbList(levels.rmsDbX100, filter, n)}]` +
    `${withMeter ? `,"meterDbfs":[${dbList(levels.meterDbX100, filter, n)}]` : ''}` +
    `,"clips":[${countList(levels.clips, filter, n)}]}\n\n`
  );
}
