/**
 * Watches the digital banks of a stream for data that is no sound of their own: coded bitstreams and hash, whose channels then
 * leave the level statistics, and S/MUX mismatches. Cheap: the meter's results open the gates, bursts are searched only where
 * they can be, and S/MUX is looked at four times a second.
 */
import type { ForeignData, ForeignReading } from './foreign.ts';
import { BurstFinder } from './foreignBursts.ts';
import { areRelated, HASH_MIN_FRAMES, isHash, mayBeHash } from './foreignHash.ts';
import { halfSampleApart, SMUX_MIN_FRAMES, twoInTurn, type Vote } from './foreignSmux.ts';
import type { MeterKernel } from './meterKernel.ts';

/** What the watch needs of a MeterKernel that has just processed the block. */
export type ForeignMasks = Readonly<Record<'peak24' | 'orBits' | 'overSamples', Int32Array>>;

export interface ForeignWatchOptions {
  /** Channels of the stream, 1..64. */
  readonly channels: number;
  readonly rateHz: number;
  readonly banks: readonly {
    /** 0-based. */
    readonly columns: readonly number[];
    /** A port that data can come in by; an analogue input is not watched. */
    readonly digital: boolean;
  }[];
  /** Called from `process` with all that stands now, each time that it changes. */
  readonly onChange: (readings: readonly ForeignReading[]) => void;
}

/**
 * Takes the levels of channels that carry data out of the results of a block: no peak, no power, no clip. The bits stay: the
 * channel is alive.
 */
export function blankForeign(meter: MeterKernel, excluded: Uint8Array): void {
  for (let c = 0; c < excluded.length; c++) {
    if (excluded[c] === 0) continue;
    meter.peak24[c] = 0;
    meter.truePeakQ13[c] = 0;
    meter.sumSquares[c] = 0n;
    meter.sumAbs[c] = 0n;
    meter.sum[c] = 0n;
    meter.ppmQ7[c] = 0;
    meter.overSamples[c] = 0;
    meter.clipEvents[c] = 0;
    meter.clipFrame[c] = -1;
  }
}

/** Hash is told after so long, and believed gone after as long. */
const HASH_S = 0.3;
/** While it stands it is looked at again so often. */
const HASH_AGAIN_S = 0.1;
/** Stories of S/MUX are voted on this often; half as often on a bank where nothing speaks for any. */
const SMUX_EVERY_S = 0.25;
/** A vote counts for one, against for two; told from UP on, gone from DOWN on. */
const SMUX_TOP = 12;
const SMUX_UP = 6;
const SMUX_DOWN = 1;
/** Lowest rate at which a sender at half of it is in use. */
const MERGED_FROM_HZ = 80_000;
/** Highest rate at which a sender at twice (four times) of it is in use. */
const SPLIT2_TO_HZ = 100_000;
const SPLIT4_TO_HZ = 50_000;

/** One of the S/MUX stories of a bank, with what speaks for it. */
class Story {
  readonly data: ForeignData;
  score = 0;
  /** Channels that spoke for it in the last votes. */
  channels: number[] = [];
  told = false;

  constructor(data: ForeignData) {
    this.data = data;
  }

  vote(vote: Vote): void {
    if (vote === 'yes') this.score = Math.min(SMUX_TOP, this.score + 1);
    else if (vote === 'no') this.score = Math.max(0, this.score - 2);
    if (this.score >= SMUX_UP) this.told = true;
    else if (this.score <= SMUX_DOWN) this.told = false;
  }
}

class BankWatch {
  readonly columns: readonly number[];
  readonly pairs: { readonly a: number; readonly b: number; readonly finder: BurstFinder }[] = [];
  readonly stories: readonly Story[];
  /** The last vote was left out. */
  unvoted = false;
  hashFrames = 0;
  cleanFrames = 0;
  hash = false;
  /** The block looked at last was hash. */
  looksHash = false;
  /** Frames since the last look. */
  unlooked = 0;
  hashChannels: number[] = [];
  live = 0;

  constructor(columns: readonly number[], rateHz: number) {
    this.columns = columns;
    for (let i = 0; i + 1 < columns.length; i += 2)
      this.pairs.push({ a: columns[i]!, b: columns[i + 1]!, finder: new BurstFinder(rateHz) });
    const stories: ForeignData[] = [];
    // Two channels are an S/PDIF pair, not a fibre of eight.
    if (columns.length >= 4) {
      if (rateHz <= SPLIT2_TO_HZ) stories.push({ kind: 'smuxSplit', factor: 2 });
      if (rateHz <= SPLIT4_TO_HZ) stories.push({ kind: 'smuxSplit', factor: 4 });
      if (rateHz >= MERGED_FROM_HZ) stories.push({ kind: 'smuxMerged' });
    }
    this.stories = stories.map((data) => new Story(data));
  }
}

export class ForeignWatch {
  readonly #options: ForeignWatchOptions;
  readonly #banks: (BankWatch | null)[];
  /** 1: the channel's last block was data, not sound: no level of it counts. */
  readonly excluded: Uint8Array;
  #sinceSmux = 0;
  #frame = 0;
  #readings: ForeignReading[] = [];

  constructor(options: ForeignWatchOptions) {
    this.#options = options;
    this.#banks = options.banks.map((bank) => (bank.digital ? new BankWatch(bank.columns, options.rateHz) : null));
    this.excluded = new Uint8Array(options.channels);
  }

  /** Looks at a block of interleaved Int32 frames that the meter has just processed. */
  process(block: Int32Array, frames: number, firstFrame: number, meter: ForeignMasks): void {
    if (frames === 0) return;
    this.#frame = firstFrame + frames;
    this.#sinceSmux += frames;
    const smux = this.#sinceSmux >= SMUX_EVERY_S * this.#options.rateHz && frames >= SMUX_MIN_FRAMES;
    if (smux) this.#sinceSmux = 0;
    // 10 ms tell as much as a longer block.
    const smuxFrames = Math.min(frames, Math.max(SMUX_MIN_FRAMES, Math.round(this.#options.rateHz / 100)));
    let changed = false;
    for (let i = 0; i < this.#banks.length; i++) {
      const bank = this.#banks[i];
      if (bank === null || bank === undefined) continue;
      for (let k = 0; k < bank.columns.length; k++) this.excluded[bank.columns[k]!] = 0;
      if (this.#bursts(bank, block, frames, firstFrame, meter)) changed = true;
      if (this.#hash(bank, block, frames, meter)) changed = true;
      if (smux && this.#smux(bank, block, smuxFrames)) changed = true;
    }
    if (changed) {
      this.#readings = this.#read();
      this.#options.onChange(this.#readings);
    }
  }

  /** All that stands now. */
  get readings(): readonly ForeignReading[] {
    return this.#readings;
  }

  /** Whether what stands on a bank makes any word about its clock worthless. */
  silences(bank: number): boolean {
    const watch = this.#banks[bank];
    if (watch === null || watch === undefined) return false;
    return watch.hash || watch.pairs.some((pair) => pair.finder.active);
  }

  /** After lost frames. What was recognised stands until it is seen to be gone. */
  reset(): void {
    this.#sinceSmux = 0;
  }

  #bursts(bank: BankWatch, block: Int32Array, frames: number, firstFrame: number, meter: ForeignMasks): boolean {
    const { peak24, orBits } = meter;
    let changed = false;
    for (let k = 0; k < bank.pairs.length; k++) {
      const { a, b, finder } = bank.pairs[k]!;
      const was = finder.active;
      if (was || finder.suspect || BurstFinder.worth(orBits[a]!, orBits[b]!, peak24[a]!, peak24[b]!))
        finder.scan(block, this.#options.channels, a, b, frames, firstFrame);
      finder.advance(firstFrame + frames);
      if (finder.active || finder.suspect) {
        this.excluded[a] = 1;
        this.excluded[b] = 1;
      }
      if (finder.active !== was) changed = true;
    }
    return changed;
  }

  /** A bank is hash when all of its live channels are, two at least, and no two of them one noise. */
  #hash(bank: BankWatch, block: Int32Array, frames: number, meter: ForeignMasks): boolean {
    const was = bank.hash;
    bank.unlooked += frames;
    // What stands is looked at again now and then: its channels stay out anyway.
    if (!was || bank.unlooked >= HASH_AGAIN_S * this.#options.rateHz) this.#lookForHash(bank, block, frames, meter);
    if (bank.hash || bank.looksHash) {
      const { columns } = bank;
      for (let k = 0; k < columns.length; k++) if (meter.orBits[columns[k]!] !== 0) this.excluded[columns[k]!] = 1;
    }
    return bank.hash !== was;
  }

  #lookForHash(bank: BankWatch, block: Int32Array, frames: number, meter: ForeignMasks): void {
    const { columns } = bank;
    const { channels, rateHz } = this.#options;
    // 10 ms tell as much as a longer block.
    const looked = Math.min(frames, Math.max(HASH_MIN_FRAMES, Math.round(rateHz / 100)));
    let live = 0;
    let looks = frames >= HASH_MIN_FRAMES;
    for (let k = 0; looks && k < columns.length; k++) {
      const c = columns[k]!;
      if (meter.orBits[c] === 0 || this.excluded[c] === 1) continue;
      if (mayBeHash(meter.peak24[c]!, meter.overSamples[c]!, frames)) live++;
      else looks = false;
    }
    looks &&= live >= 2;
    let last = -1;
    for (let k = 0; looks && k < columns.length; k++) {
      const c = columns[k]!;
      if (meter.orBits[c] === 0 || this.excluded[c] === 1) continue;
      looks = isHash(block, channels, c, looked);
      if (looks && last >= 0) looks = !areRelated(block, channels, last, c, looked);
      last = c;
    }
    const span = HASH_S * rateHz;
    if (looks) {
      bank.hashFrames += bank.unlooked;
      bank.cleanFrames = 0;
      if (bank.hashFrames >= span) bank.hash = true;
    } else {
      // The first clean block says nothing of those before it.
      bank.cleanFrames += bank.cleanFrames === 0 ? frames : bank.unlooked;
      if (bank.cleanFrames >= span) {
        bank.hash = false;
        bank.hashFrames = 0;
      }
    }
    bank.unlooked = 0;
    bank.looksHash = looks;
    bank.live = looks ? live : bank.live;
  }

  /** One vote of a bank on each story. */
  #smux(bank: BankWatch, block: Int32Array, frames: number): boolean {
    bank.unvoted = !bank.unvoted && bank.stories.every(({ score }) => score === 0);
    if (bank.unvoted) return false;
    let changed = false;
    for (const story of bank.stories) {
      const was = story.told;
      const { data } = story;
      if (data.kind === 'smuxSplit') this.#voteSplit(bank, story, data.factor, block, frames);
      else this.#voteMerged(bank, story, block, frames);
      if (story.told !== was) changed = true;
    }
    return changed;
  }

  #voteSplit(bank: BankWatch, story: Story, factor: 2 | 4, block: Int32Array, frames: number): void {
    const { columns } = bank;
    const stride = this.#options.channels;
    let yes = 0;
    let no = 0;
    story.channels.length = 0;
    for (let k = 0; k + factor <= columns.length; k += factor) {
      let vote = halfSampleApart(block, stride, columns[k]!, columns[k + factor / 2]!, frames);
      // Of four, the first and third are half a sample apart, and so are the second and fourth.
      if (factor === 4 && vote === 'yes')
        vote = halfSampleApart(block, stride, columns[k + 1]!, columns[k + 3]!, frames);
      if (vote === 'yes') {
        yes++;
        for (let i = 0; i < factor; i++) story.channels.push(columns[k + i]!);
      } else if (vote === 'no') no++;
    }
    // What the sender has above half our rate folds down, and spoils a vote now and then.
    story.vote(no === 0 ? (yes > 0 ? 'yes' : null) : yes >= 3 * no ? null : 'no');
  }

  #voteMerged(bank: BankWatch, story: Story, block: Int32Array, frames: number): void {
    let yes = 0;
    let no = 0;
    story.channels.length = 0;
    for (const c of bank.columns) {
      const vote = twoInTurn(block, this.#options.channels, c, frames);
      if (vote === 'yes') {
        yes++;
        story.channels.push(c);
      } else if (vote === 'no') no++;
    }
    // Two like signals in turn look like one: they vote against a truth that the other channels show.
    story.vote(yes > no ? 'yes' : no > 0 ? 'no' : null);
  }

  #read(): ForeignReading[] {
    const readings: ForeignReading[] = [];
    this.#banks.forEach((watch, bank) => {
      if (watch === null) return;
      const frame = this.#frame;
      for (const { a, b, finder } of watch.pairs)
        if (finder.active)
          readings.push({
            bank,
            channels: [a, b],
            data: { kind: 'nonAudio', format: finder.format },
            confidence: 'high',
            frame,
          });
      if (watch.hash)
        readings.push({
          bank,
          channels: watch.columns,
          data: { kind: 'hash' },
          // Two channels of full-scale noise may be somebody's generator; eight different ones are not.
          confidence: watch.live >= 4 ? 'medium' : 'low',
          frame,
        });
      for (const story of watch.stories)
        if (story.told)
          readings.push({
            bank,
            channels: [...story.channels],
            data: story.data,
            confidence: story.channels.length >= (story.data.kind === 'smuxMerged' ? 2 : 4) ? 'medium' : 'low',
            frame,
          });
    });
    // What stood before keeps the frame at which it was recognised.
    return readings.map((reading) => {
      const before = this.#readings.find(
        (one) =>
          one.bank === reading.bank && one.data.kind === reading.data.kind && one.channels[0] === reading.channels[0],
      );
      return before === undefined ? reading : { ...reading, frame: before.frame };
    });
  }
}
