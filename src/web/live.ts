/**
 * The live stream: one hub for all clients of `GET /api/live`.
 *
 * Levels are encoded once for all clients with the same filter that keep step. A client whose socket holds more than
 * 16 KiB unsent gets no more bytes: its frames are merged by maximum into one, sent when the socket drains. There is no
 * queue anywhere, so a stalled client costs one merge (a few hundred bytes) and is closed after `stalledMs`.
 * Snapshots are latest-wins: at most two a second, and only the newest to a client that was behind.
 */
import type { MonitorView } from '../monitor/hub.ts';
import type { LevelFrame } from '../monitor/levels.ts';
import type { Snapshot } from '../monitor/snapshot.ts';
import { type ChannelFilter, encodeLevels, LevelMerge } from './levelStream.ts';
import type { WebClock } from './ports.ts';

/** Unsent bytes at which a client counts as behind. 16 KiB: half a second of 34 channels. */
export const BACKED_UP_BYTES = 16 * 1024;
/** Live streams served at once; the next is answered 503. */
export const MAX_LIVE_STREAMS = 16;
const SNAPSHOT_EVERY_MS = 500;
const BEAT_EVERY_MS = 500;
const TICK_MS = 250;

/** The part of `http.ServerResponse` that a stream needs. */
export interface LiveSocket {
  readonly writableLength: number;
  write(text: string): boolean;
  end(): void;
  destroy(): void;
  on(event: 'drain' | 'close', listener: () => void): unknown;
}

export interface LiveFilter {
  readonly levels: boolean;
  readonly snapshots: boolean;
  readonly channels: ChannelFilter;
  /** Levels a second, 1..30; 30 sends each frame as it comes. */
  readonly ratePerS: number;
}

export const EVERYTHING: LiveFilter = { levels: true, snapshots: true, channels: null, ratePerS: 30 };

interface Client {
  readonly socket: LiveSocket;
  readonly merge: LevelMerge;
  snapshotSeqSent: number;
  lastWriteMs: number;
  /** When the socket was first seen full, null while it takes what it is given. */
  stalledSinceMs: number | null;
}

/** Clients with one filter share one encoding. */
interface Group {
  readonly filter: LiveFilter;
  readonly clients: Set<Client>;
  readonly merge: LevelMerge;
  nextDueMs: number;
}

export interface LiveHubOptions {
  readonly view: MonitorView;
  readonly clock: WebClock;
  /** JSON of the newest snapshot, made once per seq. */
  readonly snapshotJson: () => string;
  /** A client whose socket takes nothing for so long is closed. */
  readonly stalledMs: number;
}

export class LiveHub {
  readonly #options: LiveHubOptions;
  readonly #groups = new Map<string, Group>();
  #disposers: (() => void)[] = [];
  /** Levels are listened to only while a client does: on a box that nobody watches they cost nothing. */
  #levelsOff: (() => void) | null = null;
  #timer: ReturnType<typeof setInterval> | null = null;
  #lastFrame = 0;
  #lastSnapshotMs = Number.NEGATIVE_INFINITY;
  /** Frames that were merged instead of sent, over all clients. */
  mergedFrames = 0;
  /** Clients closed because they stalled. */
  stalledClosed = 0;
  /** Bytes handed to sockets. */
  bytesSent = 0;

  constructor(options: LiveHubOptions) {
    this.#options = options;
  }

  get clients(): number {
    let sum = 0;
    for (const group of this.#groups.values()) sum += group.clients.size;
    return sum;
  }

  start(): void {
    const { view } = this.#options;
    this.#disposers = [view.onSnapshot(() => this.#sendSnapshots())];
  }

  stop(): void {
    for (const dispose of this.#disposers) dispose();
    this.#disposers = [];
    this.#listenNoMore();
    for (const group of this.#groups.values()) {
      for (const client of group.clients) client.socket.end();
    }
    this.#groups.clear();
  }

  /** Takes a client in and sends it the newest snapshot at once. false: all 16 streams are taken. */
  add(socket: LiveSocket, filter: LiveFilter): boolean {
    if (this.clients >= MAX_LIVE_STREAMS) return false;
    const key = JSON.stringify(filter);
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = { filter, clients: new Set(), merge: new LevelMerge(), nextDueMs: 0 };
      this.#groups.set(key, group);
    }
    const client: Client = {
      socket,
      merge: new LevelMerge(),
      snapshotSeqSent: -1,
      lastWriteMs: this.#options.clock.nowMs(),
      stalledSinceMs: null,
    };
    group.clients.add(client);
    if (this.#levelsOff === null) {
      this.#lastFrame = this.#options.view.levels().frame;
      this.#levelsOff = this.#options.view.onLevels((frame) => this.#onLevels(frame));
      this.#timer = setInterval(() => this.#tick(), TICK_MS);
      this.#timer.unref();
    }
    const itsGroup = group;
    socket.on('drain', () => this.#onDrain(itsGroup, client));
    socket.on('close', () => this.#remove(key, itsGroup, client));
    if (filter.snapshots) this.#sendSnapshot(client);
    else this.#write(client, 'event: beat\ndata: {}\n\n');
    return true;
  }

  #remove(key: string, group: Group, client: Client): void {
    group.clients.delete(client);
    if (group.clients.size === 0 && this.#groups.get(key) === group) this.#groups.delete(key);
    if (this.#groups.size === 0) this.#listenNoMore();
  }

  #listenNoMore(): void {
    this.#levelsOff?.();
    this.#levelsOff = null;
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Bytes that wait for clients to take them, of all together. */
  get heldBytes(): number {
    let bytes = 0;
    for (const group of this.#groups.values()) for (const { socket } of group.clients) bytes += socket.writableLength;
    return bytes;
  }

  #write(client: Client, text: string): void {
    client.socket.write(text);
    client.lastWriteMs = this.#options.clock.nowMs();
    this.bytesSent += text.length;
  }

  /** True when the client can't take more now; remembers since when. */
  #isBehind(client: Client): boolean {
    if (client.socket.writableLength <= BACKED_UP_BYTES) {
      client.stalledSinceMs = null;
      return false;
    }
    client.stalledSinceMs ??= this.#options.clock.nowMs();
    return true;
  }

  #simulated(): boolean {
    return this.#options.view.snapshot().simulated;
  }

  /** A peak meter's fall is made by the client; other movements are sent. */
  #withMeter(): boolean {
    return this.#options.view.snapshot().meter.ballistic !== 'digital';
  }

  #onLevels(frame: LevelFrame): void {
    // Frames count from the stream's start: a smaller number is a new stream.
    const fromFrame = frame.frame >= this.#lastFrame ? this.#lastFrame : 0;
    this.#lastFrame = frame.frame;
    const nowMs = this.#options.clock.nowMs();
    for (const group of this.#groups.values()) {
      if (!group.filter.levels) continue;
      let reading: LevelFrame | LevelMerge = frame;
      let from = fromFrame;
      if (group.filter.ratePerS < 30) {
        group.merge.add(frame, fromFrame);
        if (nowMs < group.nextDueMs) continue;
        group.nextDueMs = nowMs + 1000 / group.filter.ratePerS - 5;
        reading = group.merge;
        from = group.merge.fromFrame;
      }
      let encoded: string | null = null;
      for (const client of group.clients) {
        if (this.#isBehind(client)) {
          client.merge.add(reading, from);
          this.mergedFrames++;
        } else if (client.merge.count > 0) {
          client.merge.add(reading, from);
          this.#sendMerged(group, client);
        } else {
          encoded ??= encodeLevels(reading, from, group.filter.channels, this.#simulated(), this.#withMeter());
          this.#write(client, encoded);
        }
      }
      if (reading === group.merge) group.merge.clear();
    }
  }

  #sendMerged(group: Group, client: Client): void {
    const { merge } = client;
    this.#write(
      client,
      encodeLevels(merge, merge.fromFrame, group.filter.channels, this.#simulated(), this.#withMeter()),
    );
    client.merge.clear();
  }

  #onDrain(group: Group, client: Client): void {
    client.stalledSinceMs = null;
    if (client.merge.count > 0) this.#sendMerged(group, client);
    if (group.filter.snapshots) this.#sendSnapshot(client);
  }

  #sendSnapshot(client: Client): void {
    const seq = this.#options.view.snapshot().seq;
    if (client.snapshotSeqSent === seq || this.#isBehind(client)) return;
    client.snapshotSeqSent = seq;
    this.#write(client, `event: snapshot\ndata: ${this.#options.snapshotJson()}\n\n`);
  }

  #sendSnapshots(): void {
    const nowMs = this.#options.clock.nowMs();
    // A little slack: the monitor's own rhythm is 500 ms too.
    if (nowMs - this.#lastSnapshotMs < SNAPSHOT_EVERY_MS * 0.9) return;
    this.#lastSnapshotMs = nowMs;
    for (const group of this.#groups.values()) {
      if (!group.filter.snapshots) continue;
      for (const client of group.clients) this.#sendSnapshot(client);
    }
  }

  #tick(): void {
    const nowMs = this.#options.clock.nowMs();
    this.#sendSnapshots();
    for (const group of this.#groups.values()) {
      for (const client of group.clients) {
        if (this.#isBehind(client)) {
          if (nowMs - client.stalledSinceMs! < this.#options.stalledMs) continue;
          this.stalledClosed++;
          client.socket.destroy();
        } else if (nowMs - client.lastWriteMs >= BEAT_EVERY_MS) {
          this.#write(client, 'event: beat\ndata: {}\n\n');
        }
      }
    }
  }
}

/** Serialises a snapshot once per seq, for all who ask. */
export function snapshotSerialiser(view: MonitorView): () => string {
  let newest: Snapshot | null = null;
  let json = '';
  return () => {
    const snapshot = view.snapshot();
    if (snapshot !== newest) {
      newest = snapshot;
      json = JSON.stringify(snapshot);
    }
    return json;
  };
}
