/**
 * A simulated interface with expanders. It writes samples only, as the wire would carry them: an expander on its own clock
 * has its own time line, and the receiver drops or repeats a frame each time the two have moved apart by one.
 */
import { good } from '../../fault.ts';
import type { CaptureRead, CaptureSource, CaptureStream, StreamInfo } from '../ports.ts';
import type { Scenario, ScenarioEvent, VoiceName } from './scenario.ts';
import { createVoice, Random, type Voice } from './voices.ts';

export interface SimOptions {
  readonly seed: number;
  /** Virtual time: reads return at once. */
  readonly fast: boolean;
  /** Monotonic nanoseconds: process.hrtime in the product, a counter in tests. */
  readonly nowNs: () => number;
  /** Waits that long; only called when not fast. */
  readonly sleepMs: (ms: number) => void;
}

interface SimChannel {
  /** Column in the frame, 0-based. */
  readonly column: number;
  readonly gains: Float64Array;
  /** Frames by which the sound of each voice arrives later than at its own microphone. */
  readonly delays: Int32Array;
  readonly noise: number | null;
  readonly dc24: number;
  level: number;
  clipLeft: number;
  last: number;
}

/** One bank on its own time line. */
class SimBank {
  readonly id: string;
  readonly channels: SimChannel[];
  readonly #voices: Voice[];
  /** The last HISTORY samples of each voice. */
  readonly #history: Float64Array[];
  #at = 0;
  readonly #random: Random;
  #ppm = 0;
  /** Frames by which the sender is ahead of the receiver, modulo one. */
  #phase = 0;
  /** Frames to repeat before the next new one. */
  repeats = 0;
  zerosLeft = 0;
  readonly #fullScale: number;
  readonly #step: number;

  constructor(id: string, ppm: number, voices: Voice[], channels: SimChannel[], random: Random, validBits: number) {
    this.id = id;
    this.channels = channels;
    this.#voices = voices;
    this.#history = voices.map(() => new Float64Array(HISTORY));
    this.#random = random;
    this.#fullScale = 2 ** (validBits - 1) - 1;
    this.#step = 2 ** (32 - validBits);
    this.setClock(ppm);
  }

  /** From here on the bank runs so much faster than the interface. A test tone keeps its own time. */
  setClock(ppm: number): void {
    this.#ppm = ppm;
    for (const voice of this.#voices) voice.sampledAt?.(ppm);
  }

  /** The sender makes one frame. */
  #advance(): void {
    this.#at = (this.#at + 1) % HISTORY;
    for (let v = 0; v < this.#voices.length; v++) {
      (this.#history[v] as Float64Array)[this.#at] = (this.#voices[v] as Voice).next();
    }
    for (const channel of this.channels) {
      let x = 0;
      for (let v = 0; v < this.#history.length; v++) {
        const then = (this.#at - (channel.delays[v] as number) + HISTORY) % HISTORY;
        x += (channel.gains[v] as number) * ((this.#history[v] as Float64Array)[then] as number);
      }
      x *= channel.level;
      if (channel.noise !== null) {
        // Two uniforms: a triangular density, near enough to a preamp's noise, with the RMS asked for.
        x += channel.noise * 1.2247 * (this.#random.next() + this.#random.next());
      }
      let code = Math.round(x * this.#fullScale) + channel.dc24;
      if (channel.clipLeft > 0) {
        channel.clipLeft--;
        code = this.#fullScale;
      }
      if (code > this.#fullScale) code = this.#fullScale;
      else if (code < -this.#fullScale - 1) code = -this.#fullScale - 1;
      channel.last = code * this.#step;
    }
  }

  dropFrames(frames: number): void {
    for (let i = 0; i < frames; i++) this.#advance();
  }

  /** The receiver takes one frame. */
  write(block: Int32Array, offset: number): void {
    this.#phase += this.#ppm * 1e-6;
    if (this.#phase >= 1) {
      this.#phase -= 1;
      this.#advance();
    } else if (this.#phase <= -1) {
      this.#phase += 1;
      this.repeats++;
    }
    if (this.repeats > 0) this.repeats--;
    else this.#advance();
    if (this.zerosLeft > 0) {
      this.zerosLeft--;
      for (const channel of this.channels) block[offset + channel.column] = 0;
    } else {
      for (const channel of this.channels) block[offset + channel.column] = channel.last;
    }
  }
}

/** Frames of sound under way between a drum and the furthest microphone: 10 ms at 48 kHz are 3.4 m. */
const HISTORY = 512;

/** Bleed comes late, by 0.3 to 3 m of air; the loudest voice of a channel is its own. Whole frames, the same each time. */
function delaysOf(hears: readonly (number | undefined)[], rateHz: number, column: number): Int32Array {
  const loudest = Math.max(...hears.map((db) => db ?? Number.NEGATIVE_INFINITY));
  return Int32Array.from(hears, (db, v) => {
    if (db === undefined || db === loudest) return 0;
    const metres = 0.3 + ((column * 7 + v * 5) % 11) * 0.27;
    return Math.min(HISTORY - 1, Math.round((metres / 343) * rateHz));
  });
}

function decibels(db: number): number {
  return 10 ** (db / 20);
}

function buildBanks(scenario: Scenario, seed: number): SimBank[] {
  return scenario.banks.map((bank, bankIndex) => {
    const channels = scenario.channels.slice(bank.first - 1, bank.last);
    const names = [...new Set(channels.flatMap((channel) => Object.keys(channel.hears) as VoiceName[]))].sort();
    const voices = names.map((name, i) =>
      createVoice(name, scenario.rateHz, scenario.tempoBpm, seed * 7919 + bankIndex * 131 + i),
    );
    const simChannels = channels.map((channel) => ({
      column: channel.index - 1,
      gains: Float64Array.from(names, (name) => {
        const db = channel.hears[name];
        return db === undefined ? 0 : decibels(db);
      }),
      delays: delaysOf(
        names.map((name) => channel.hears[name]),
        scenario.rateHz,
        channel.index,
      ),
      noise: channel.noiseDbfs === null ? null : decibels(channel.noiseDbfs),
      dc24: channel.dc24 ?? 0,
      level: 1,
      clipLeft: 0,
      last: 0,
    }));
    return new SimBank(
      bank.id,
      bank.ppm ?? 0,
      voices,
      simChannels,
      new Random(seed + 17 * bankIndex),
      scenario.validBits,
    );
  });
}

/** Where the script stands when a stream opens: the next event, and the frame at which frame 0 of the script lies. */
interface ScriptPlace {
  readonly nextEvent: number;
  readonly roundStart: number;
}

class SimStream implements CaptureStream {
  readonly info: StreamInfo;
  readonly #scenario: Scenario;
  readonly #options: SimOptions;
  readonly #banks: SimBank[];
  readonly #events: ScenarioEvent[];
  #nextEvent = 0;
  /** Frame at which the present round of the script began. */
  #roundStart = 0;
  /** Frames made so far. */
  #position = 0;
  readonly #startNs: number;
  /** Nanoseconds that stalls and losses put between frames and time. */
  #skippedNs = 0;
  readonly #nsPerFrame: number;
  #pendingXrun = 0;
  #unplugged = false;
  readonly #onUnplug: (untilNs: number, script: ScriptPlace) => void;
  readonly #read: {
    kind: 'frames';
    frames: number;
    timeNs: number;
    positionFrames: number;
  } = { kind: 'frames', frames: 0, timeNs: 0, positionFrames: 0 };

  constructor(
    scenario: Scenario,
    options: SimOptions,
    script: ScriptPlace,
    onUnplug: (untilNs: number, script: ScriptPlace) => void,
  ) {
    this.#scenario = scenario;
    this.#options = options;
    this.#onUnplug = onUnplug;
    this.#banks = buildBanks(scenario, options.seed);
    this.#nextEvent = script.nextEvent;
    this.#roundStart = script.roundStart;
    this.#events = [...scenario.events].sort((a, b) => a.atFrame - b.atFrame);
    this.#startNs = options.nowNs();
    this.#nsPerFrame = 1e9 / (scenario.rateHz * (1 + scenario.interfacePpm * 1e-6));
    this.info = {
      source: 'sim',
      name: scenario.interfaceName,
      rateHz: scenario.rateHz,
      channels: scenario.channels.length,
      validBits: scenario.validBits,
      periodFrames: Math.round(scenario.rateHz / 100),
      bufferFrames: scenario.rateHz,
      usbId: scenario.usbId,
      ports: scenario.banks.map(({ id, name, kind, first, last, box }) => ({
        id,
        name,
        kind,
        first,
        last,
        box: box ?? null,
      })),
      channelNames: scenario.channels.map((channel) => channel.name),
      notes: [],
    };
  }

  #bank(id: string): SimBank {
    return this.#banks.find((bank) => bank.id === id) as SimBank;
  }

  #channel(index: number): SimChannel {
    for (const bank of this.#banks) {
      for (const channel of bank.channels) if (channel.column === index - 1) return channel;
    }
    throw new Error(`channel ${index} was checked with the scenario`);
  }

  #play(event: ScenarioEvent): void {
    switch (event.kind) {
      case 'slip':
        if (event.frames > 0) this.#bank(event.bank).repeats += event.frames;
        else this.#bank(event.bank).dropFrames(-event.frames);
        return;
      case 'clock':
        this.#bank(event.bank).setClock(event.ppm);
        return;
      case 'clip':
        this.#channel(event.channel).clipLeft = event.samples;
        return;
      case 'zeros':
        this.#bank(event.bank).zerosLeft = event.frames;
        return;
      case 'gain':
        this.#channel(event.channel).level = decibels(event.gainDb);
        return;
      case 'usbLoss':
        for (const bank of this.#banks) bank.dropFrames(event.frames);
        this.#skippedNs += event.frames * this.#nsPerFrame;
        return;
      case 'xrun':
        for (const bank of this.#banks) bank.dropFrames(event.frames);
        this.#skippedNs += event.frames * this.#nsPerFrame;
        this.#pendingXrun = event.frames;
        return;
      case 'stall':
        this.#skippedNs += event.forMs * 1e6;
        return;
      case 'unplug':
        this.#unplugged = true;
        this.#onUnplug(this.#options.nowNs() + event.forMs * 1e6, {
          nextEvent: this.#nextEvent,
          roundStart: this.#roundStart - event.atFrame,
        });
        return;
    }
  }

  #timeOf(position: number): number {
    return this.#startNs + this.#skippedNs + position * this.#nsPerFrame;
  }

  read(block: Int32Array, maxFrames: number, waitMs: number): CaptureRead {
    if (this.#unplugged) {
      return {
        kind: 'gone',
        fault: {
          code: 'device-gone',
          what: `${this.info.name} went away.`,
          fix: 'Check the USB cable and the power of the interface.',
        },
      };
    }
    const wanted = Math.min(this.info.periodFrames, maxFrames);
    if (!this.#options.fast) {
      const dueMs = (this.#timeOf(this.#position + wanted) - this.#options.nowNs()) / 1e6;
      if (dueMs > waitMs) {
        this.#options.sleepMs(waitMs);
        return { kind: 'idle' };
      }
      if (dueMs > 0) this.#options.sleepMs(dueMs);
    }
    const channels = this.info.channels;
    for (let i = 0; i < wanted; i++) {
      const frame = this.#position + i;
      while (this.#nextEvent < this.#events.length) {
        const event = this.#events[this.#nextEvent] as ScenarioEvent;
        if (event.atFrame + this.#roundStart > frame) break;
        this.#nextEvent++;
        this.#play(event);
      }
      const every = this.#scenario.repeatEveryFrames;
      if (every !== null && this.#nextEvent >= this.#events.length && frame + 1 >= this.#roundStart + every) {
        this.#roundStart += every;
        this.#nextEvent = 0;
      }
      const offset = i * channels;
      for (const bank of this.#banks) bank.write(block, offset);
    }
    this.#position += wanted;
    if (this.#pendingXrun > 0) {
      // The block that was made across the gap is lost with it, as a real overrun loses what stood in the buffer.
      const lostFrames = this.#pendingXrun;
      this.#pendingXrun = 0;
      this.#position -= wanted;
      this.#skippedNs += wanted * this.#nsPerFrame;
      return { kind: 'xrun', lostFrames: lostFrames + wanted };
    }
    this.#read.frames = wanted;
    this.#read.positionFrames = this.#position;
    this.#read.timeNs = this.#timeOf(this.#position);
    return this.#read;
  }

  close(): void {}
}

/** Opens simulated streams; the script goes on where it was when the device went. After an `unplug` event it refuses to open until the scripted time has passed. */
export function simSource(scenario: Scenario, options: SimOptions): CaptureSource {
  let goneUntilNs = Number.NEGATIVE_INFINITY;
  let script: ScriptPlace = { nextEvent: 0, roundStart: 0 };
  return {
    open() {
      if (options.nowNs() < goneUntilNs) {
        return {
          ok: false,
          fault: {
            code: 'device-absent',
            what: `${scenario.interfaceName} is not there.`,
            fix: 'Plug it in; it is taken up again by itself.',
          },
        };
      }
      return good(
        new SimStream(scenario, options, script, (untilNs, place) => {
          goneUntilNs = untilNs;
          script = place;
        }),
      );
    },
  };
}
