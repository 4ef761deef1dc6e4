/** The timeline: hours at a glance, a finger to move and two to zoom, a tap for the evidence. */
import type { EventKind, EventMark, JournalEvent, SessionRow } from '../../journal/shapes.ts';
import type { Snapshot } from '../../monitor/snapshot.ts';
import { byId, h, rebuild, setText } from './dom.ts';
import { duration } from './format.ts';
import { TOLD_HIDDEN_MS } from './takeView.ts';
import { THEME_CHANGED } from './theme.ts';
import {
  type EvidenceItem,
  type History,
  loadEvents,
  loadEvidence,
  loadHistory,
  loadOverview,
  loadSessions,
  type Overview,
} from './timelineData.ts';
import {
  coloursNow,
  draw,
  type HistoryPicture,
  layOut,
  markAt,
  msAt,
  paintHistory,
  type Scene,
} from './timelineDraw.ts';
import { clampView, type Stretch, spanOf, stepFor, stretchToLoad, zoomView } from './timelineScale.ts';
import { say } from './toast.ts';

const TABLE_ROWS = 200;
const TOLD_EVENTS = 12;
/** What is loaded anew while the view moves waits so long, so that a finger under way is not disturbed. */
const SETTLE_MS = 120;
/** The live end is asked for as often as a step of the picture goes by, within these. */
const LIVE_MS = { least: 2000, most: 15_000 };
/** A pointer that moved less than this has tapped. */
const TAP_PX = 8;

export const KIND_WORDS: Readonly<Record<EventKind, string>> = {
  clip: 'Clip',
  slip: 'Slip',
  usbLoss: 'USB loss',
  xrun: 'Overrun',
  clockChange: 'Clock changed',
  clockSource: 'Clock source',
  portLock: 'Lock',
  inputSwitch: 'Switch',
  dropped: 'More events',
  state: 'Capture',
  stream: 'Stream',
  sync: 'Sync',
  finding: 'Finding',
  findingEnd: 'Finding over',
  takeStart: 'Take begins',
  takeEnd: 'Take ends',
  mark: 'Mark',
  wallClock: 'Wall clock',
  recorder: 'Recorder',
  proof: 'Proof',
  timecode: 'Timecode',
};

export class TimelineView {
  readonly #root = byId('timeline');
  readonly #canvas = h('canvas', 'tl-canvas');
  readonly #frame = h('div', 'tl-frame', { tabindex: '0', role: 'group' }, this.#canvas);
  readonly #sessions = h('select', '', { 'aria-label': 'Session' });
  readonly #follow = h('button', 'tl-follow', { type: 'button', 'aria-pressed': 'true' }, 'Live');
  readonly #told = h('div', 'tl-told', { 'aria-live': 'polite' });
  readonly #summary = h('p', 'tl-summary', { role: 'status' });
  readonly #table = h('div', 'tl-rows');
  readonly #tableBox = h('details', 'tl-table', {}, h('summary', 'button', {}, 'Events as a table'), this.#table);
  readonly #downloads = h('div', 'tl-downloads');
  #shown = false;
  #list: readonly SessionRow[] = [];
  /** Number of the session in view; 0: none yet. */
  #session = 0;
  #overview: Overview | null = null;
  #history: History | null = null;
  #picture: HistoryPicture | null = null;
  #layout = layOut(null, 320);
  #view: Stretch = { fromMs: 0, toMs: 60_000 };
  #following = true;
  #colours = coloursNow();
  #chosen: EventMark | null = null;
  #cursorMs: number | null = null;
  #dirty = true;
  #asked = 0;
  #settle = 0;
  #refreshedMs = 0;
  /** The box's time now, of the present session. */
  #now = { uptimeMs: 0, atMs: 0 };
  readonly #fingers = new Map<number, { x: number; y: number }>();
  #movedPx = 0;

  constructor() {
    const zoomIn = h('button', '', { type: 'button', 'aria-label': 'Zoom in' }, '+');
    const zoomOut = h('button', '', { type: 'button', 'aria-label': 'Zoom out' }, '−');
    const all = h('button', '', { type: 'button' }, 'All');
    zoomIn.addEventListener('click', () => this.#zoom(2, null));
    zoomOut.addEventListener('click', () => this.#zoom(0.5, null));
    all.addEventListener('click', () => this.#setView({ fromMs: 0, toMs: this.#endMs() }, this.#isLive()));
    this.#follow.addEventListener('click', () => this.#setFollowing(!this.#following));
    this.#sessions.addEventListener('change', () => void this.#open(Number(this.#sessions.value)));
    this.#root.append(
      h('div', 'tl-bar', {}, this.#sessions, h('div', 'tl-zoom', {}, this.#follow, all, zoomOut, zoomIn)),
      this.#summary,
      this.#frame,
      this.#told,
      this.#tableBox,
      this.#downloads,
    );
    this.#tableBox.addEventListener('toggle', () => void this.#fillTable());
    addEventListener(THEME_CHANGED, () => {
      this.#colours = coloursNow();
      this.#repaint();
    });
    new ResizeObserver(() => this.#resize()).observe(this.#frame);
    this.#hands();
  }

  show(shown: boolean): void {
    this.#shown = shown;
    if (shown) void this.#start();
  }

  update(snapshot: Snapshot): void {
    this.#now = { uptimeMs: snapshot.uptimeMs, atMs: performance.now() };
  }

  /** Once a screen frame. */
  frame(nowMs: number): void {
    if (!this.#shown || this.#overview === null) return;
    if (this.#isLive()) {
      const stepMs = stepFor(spanOf(this.#view), this.#plotPx()) * 1000;
      const everyMs = Math.min(LIVE_MS.most, Math.max(LIVE_MS.least, stepMs / 2));
      if (nowMs - this.#refreshedMs > everyMs) {
        this.#refreshedMs = nowMs;
        void this.#load(true);
      }
      if (this.#following && this.#fingers.size === 0) {
        const endMs = this.#endMs();
        // Moves when there is a pixel to move by.
        if (endMs - this.#view.toMs > spanOf(this.#view) / this.#plotPx()) {
          const whole = this.#view.fromMs <= 0 && spanOf(this.#view) > 60_000;
          this.#view = whole
            ? { fromMs: 0, toMs: endMs }
            : clampView({ fromMs: endMs - spanOf(this.#view), toMs: endMs }, endMs);
          this.#dirty = true;
        }
      }
    }
    if (!this.#dirty) return;
    this.#dirty = false;
    draw(this.#canvas, this.#scene(), (ms, seconds) => this.#clock(ms, seconds));
  }

  #scene(): Scene {
    return {
      layout: this.#layout,
      view: this.#view,
      overview: this.#overview,
      picture: this.#picture,
      colours: this.#colours,
      ratio: this.#ratio(),
      endMs: this.#endMs(),
      chosen: this.#chosen,
      cursorMs: this.#cursorMs,
    };
  }

  #ratio(): number {
    return Math.min(2, devicePixelRatio || 1);
  }

  #plotPx(): number {
    return Math.max(1, this.#layout.widthPx - this.#layout.gutterPx);
  }

  #isLive(): boolean {
    return this.#session !== 0 && this.#session === this.#list.at(-1)?.session;
  }

  #endMs(): number {
    const row = this.#overview?.session ?? this.#list.find(({ session }) => session === this.#session);
    const told = row?.lastMs ?? 0;
    if (!this.#isLive() || this.#now.atMs === 0) return Math.max(1000, told);
    return Math.max(1000, told, this.#now.uptimeMs + performance.now() - this.#now.atMs);
  }

  /** Wall clock of an instant of the session, as this phone's zone has it. */
  #clock(ms: number, seconds: boolean): string {
    const at = new Date((this.#overview?.session.startedWallMs ?? 0) + ms);
    const two = (value: number) => String(value).padStart(2, '0');
    const text = `${two(at.getHours())}:${two(at.getMinutes())}`;
    return seconds ? `${text}:${two(at.getSeconds())}` : text;
  }

  async #start(): Promise<void> {
    const answer = await loadSessions();
    if (!answer.ok) {
      setText(
        this.#summary,
        answer.status === 404 ? 'This box keeps no journal.' : `${answer.fault.what} ${answer.fault.fix}`,
      );
      return;
    }
    this.#list = answer.value.sessions;
    const newest = this.#list.at(-1);
    rebuild(this.#sessions, JSON.stringify(this.#list.map(({ session, takes }) => [session, takes])), () =>
      [...this.#list]
        .reverse()
        .map((one) => h('option', '', { value: String(one.session) }, sessionWords(one, one === newest))),
    );
    if (this.#session === 0 && newest !== undefined) await this.#open(newest.session);
    else {
      this.#sessions.value = String(this.#session);
      this.#resize();
      await this.#load(true);
    }
  }

  async #open(session: number): Promise<void> {
    this.#session = session;
    this.#sessions.value = String(session);
    this.#overview = null;
    this.#history = null;
    this.#picture = null;
    this.#choose(null);
    this.#following = this.#isLive();
    const endMs = this.#endMs();
    this.#view = clampView({ fromMs: 0, toMs: endMs }, endMs);
    this.#showFollow();
    await this.#load(false);
    this.#links();
  }

  #links(): void {
    const base = `/api/sessions/${this.#session}`;
    const link = (href: string, words: string) => h('a', 'button', { href, download: '' }, words);
    rebuild(this.#downloads, base, () => [
      h('h2', '', {}, 'Report of this session'),
      h('a', 'button', { href: `${base}/report.html`, target: '_blank', rel: 'noopener' }, 'Open to read or print'),
      link(`${base}/report.json`, 'JSON'),
      link(`${base}/report.csv`, 'CSV'),
      h('h2', '', {}, 'Markers for the DAW'),
      link(`${base}/markers.reaper.csv`, 'Reaper'),
      link(`${base}/markers.audacity.txt`, 'Audacity'),
      link(`${base}/markers.cue.wav`, 'WAV cues'),
    ]);
  }

  /** Asks for what the view needs and does not have; `anew`: also for what it has. The newest question wins. */
  async #load(anew: boolean): Promise<void> {
    const asked = ++this.#asked;
    const session = this.#session;
    const view = this.#view;
    const endMs = this.#endMs();
    const stepS = stepFor(spanOf(view), this.#plotPx());
    const { fromS, toS } = stretchToLoad(view, stepS, endMs);
    const [overview, history] = await Promise.all([
      loadOverview(session, fromS * 1000, toS * 1000, stepS * 1000 * 4),
      loadHistory(session, fromS, toS, stepS),
    ]);
    if (asked !== this.#asked || session !== this.#session) return;
    if (!overview.ok) {
      if (!anew) setText(this.#summary, `${overview.fault.what} ${overview.fault.fix}`);
      return;
    }
    this.#refreshedMs = performance.now();
    const layoutChanged =
      JSON.stringify(overview.value.streams.at(-1)) !== JSON.stringify(this.#overview?.streams.at(-1));
    this.#overview = overview.value;
    if (history !== null) this.#history = history;
    if (layoutChanged) this.#resize();
    this.#repaint();
    this.#tell();
    if (this.#tableBox.open) void this.#fillTable();
  }

  #tell(): void {
    const overview = this.#overview;
    if (overview === null) return;
    const bad = overview.takes.filter(({ verdict }) => verdict.word === 'suspect').length;
    const takes = overview.takes.length;
    const parts = [
      `${duration(this.#endMs())} long`,
      `${takes} take${takes === 1 ? '' : 's'}${bad > 0 ? `, ${bad} suspect` : ''}`,
      overview.session.simulated ? 'SIMULATED' : null,
    ].filter((part) => part !== null);
    setText(this.#summary, parts.join(', '));
    const near = spanOf(this.#view) < 600_000;
    this.#frame.setAttribute(
      'aria-label',
      `Timeline of ${this.#clock(this.#view.fromMs, near)} to ${this.#clock(this.#view.toMs, near)}. Arrow keys move, plus and minus zoom. The events stand in the table below.`,
    );
  }

  #resize(): void {
    const widthPx = Math.floor(this.#frame.clientWidth);
    if (widthPx === 0) return;
    this.#layout = layOut(this.#overview, widthPx);
    const ratio = this.#ratio();
    this.#canvas.style.height = `${this.#layout.heightPx}px`;
    this.#canvas.width = Math.round(widthPx * ratio);
    this.#canvas.height = Math.round(this.#layout.heightPx * ratio);
    this.#repaint();
  }

  /** Paints the history anew. */
  #repaint(): void {
    this.#picture =
      this.#history === null ? null : paintHistory(this.#history, this.#layout, this.#colours, this.#ratio());
    this.#dirty = true;
  }

  #setView(view: Stretch, following: boolean): void {
    this.#view = clampView(view, this.#endMs());
    this.#dirty = true;
    if (this.#following !== following) {
      this.#following = following;
      this.#showFollow();
    }
    clearTimeout(this.#settle);
    this.#settle = setTimeout(() => void this.#loadIfNeeded(), SETTLE_MS);
  }

  #loadIfNeeded(): void {
    const has = this.#history;
    const stepS = stepFor(spanOf(this.#view), this.#plotPx());
    const endS = this.#endMs() / 1000;
    const enough =
      has !== null &&
      has.stepS === stepS &&
      has.fromS * 1000 <= Math.max(0, this.#view.fromMs) &&
      has.fromS + has.steps * has.stepS >= Math.min(endS, this.#view.toMs / 1000) - stepS;
    this.#tell();
    if (!enough) void this.#load(false);
    else if (this.#tableBox.open) void this.#fillTable();
  }

  #zoom(factor: number, aroundMs: number | null): void {
    const atEnd = this.#isLive() && this.#following;
    const around = aroundMs ?? (atEnd ? this.#view.toMs : (this.#view.fromMs + this.#view.toMs) / 2);
    const view = zoomView(this.#view, factor, around, this.#endMs());
    this.#setView(view, atEnd && view.toMs >= this.#endMs() - 2000);
  }

  #move(byMs: number): void {
    const view = clampView({ fromMs: this.#view.fromMs + byMs, toMs: this.#view.toMs + byMs }, this.#endMs());
    this.#setView(view, this.#isLive() && byMs > 0 && view.toMs >= this.#endMs() - 1000);
  }

  #setFollowing(following: boolean): void {
    const endMs = this.#endMs();
    if (following) this.#setView({ fromMs: endMs - spanOf(this.#view), toMs: endMs }, this.#isLive());
    else this.#setView(this.#view, false);
  }

  #showFollow(): void {
    this.#follow.hidden = !this.#isLive();
    this.#follow.setAttribute('aria-pressed', String(this.#following));
  }

  #hands(): void {
    const frame = this.#frame;
    const place = (event: PointerEvent | WheelEvent) => {
      const box = this.#canvas.getBoundingClientRect();
      return { x: event.clientX - box.left, y: event.clientY - box.top };
    };
    const scale = () => spanOf(this.#view) / this.#plotPx();
    frame.addEventListener('pointerdown', (event) => {
      if (event.pointerType === 'mouse' && event.button !== 0) return;
      frame.setPointerCapture(event.pointerId);
      if (this.#fingers.size === 0) this.#movedPx = 0;
      this.#fingers.set(event.pointerId, place(event));
    });
    frame.addEventListener('pointermove', (event) => {
      const before = this.#fingers.get(event.pointerId);
      if (before === undefined) return;
      const now = place(event);
      const others = [...this.#fingers].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
      this.#fingers.set(event.pointerId, now);
      this.#movedPx += Math.abs(now.x - before.x) + Math.abs(now.y - before.y);
      if (others.length === 0) {
        if (this.#movedPx > TAP_PX) this.#move((before.x - now.x) * scale());
        return;
      }
      const other = others[0]!;
      const wide = (at: { x: number }) => Math.max(24, Math.abs(at.x - other.x));
      const middle = msAt((before.x + other.x) / 2, this.#view, this.#layout);
      this.#zoom(wide(now) / wide(before), middle);
      this.#move(((before.x - now.x) / 2) * scale());
    });
    const up = (event: PointerEvent) => {
      const at = this.#fingers.get(event.pointerId);
      this.#fingers.delete(event.pointerId);
      if (at === undefined || event.type === 'pointercancel' || this.#fingers.size > 0) return;
      if (this.#movedPx <= TAP_PX) void this.#tap(at.x, at.y);
    };
    frame.addEventListener('pointerup', up);
    frame.addEventListener('pointercancel', up);
    frame.addEventListener(
      'wheel',
      (event) => {
        const { x } = place(event);
        // Over the names the page scrolls, as everywhere.
        if (x < this.#layout.gutterPx) return;
        event.preventDefault();
        if (Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey) {
          this.#move((event.deltaX || event.deltaY) * scale());
        } else this.#zoom(1.0015 ** -event.deltaY, msAt(x, this.#view, this.#layout));
      },
      { passive: false },
    );
    frame.addEventListener('keydown', (event) => {
      const span = spanOf(this.#view);
      const keys: Readonly<Record<string, () => void>> = {
        ArrowLeft: () => this.#move(-span / 8),
        ArrowRight: () => this.#move(span / 8),
        PageUp: () => this.#move(-span),
        PageDown: () => this.#move(span),
        Home: () => this.#move(-this.#endMs()),
        End: () => this.#setFollowing(true),
        '+': () => this.#zoom(2, null),
        '=': () => this.#zoom(2, null),
        '-': () => this.#zoom(0.5, null),
        Escape: () => this.#choose(null),
      };
      const act = keys[event.key];
      if (act === undefined) return;
      event.preventDefault();
      act();
    });
  }

  async #tap(x: number, y: number): Promise<void> {
    const scene = this.#scene();
    const mark = markAt(x, y, scene);
    if (mark !== null) {
      const bucketMs = stepFor(spanOf(this.#view), this.#plotPx()) * 4000;
      const toMs = mark.count === 1 ? mark.ms + 1 : (Math.floor(mark.ms / bucketMs) + 1) * bucketMs;
      const events = await loadEvents(this.#session, mark.ms, toMs, 500, mark.kind);
      this.#choose(mark);
      await this.#tellEvents(
        events.filter(({ where }) => where === mark.where),
        mark.count,
      );
      return;
    }
    if (x < this.#layout.gutterPx) return;
    const take = scene.overview?.takes.find(
      (one) =>
        scene.layout.rows.some((row) => row.kind === 'takes' && y >= row.y && y < row.y + row.height) &&
        msAt(x, this.#view, this.#layout) >= one.startedMs &&
        msAt(x, this.#view, this.#layout) <= ('endedMs' in one ? one.endedMs : this.#endMs()),
    );
    this.#choose(null);
    this.#cursorMs = msAt(x, this.#view, this.#layout);
    this.#dirty = true;
    if (take !== undefined) {
      const { word, suspects, notWatchedMs, lossesHiddenMs } = take.verdict;
      const words = { clean: 'clean', suspect: 'suspect', notWatched: 'not all watched' }[word];
      const length = ('endedMs' in take ? take.endedMs : this.#endMs()) - take.startedMs;
      this.#showTold([
        h('b', '', {}, take.name),
        h(
          'p',
          '',
          {},
          `${this.#clock(take.startedMs, true)}, ${duration(length)} long: ${words}`,
          suspects > 0 ? `, ${suspects} event${suspects === 1 ? '' : 's'}` : '',
          notWatchedMs > 0 ? `, ${duration(notWatchedMs)} not watched` : '',
          lossesHiddenMs >= TOLD_HIDDEN_MS
            ? `, ${duration(lossesHiddenMs)} in which a lost USB packet would not show`
            : '',
          '.',
        ),
      ]);
      return;
    }
    this.#tellLevel(y);
  }

  /** The levels of a channel, or the word of a bank, at the instant of the cursor. */
  #tellLevel(y: number): void {
    const ms = this.#cursorMs ?? 0;
    const row = this.#layout.rows.find((one) => y >= one.y && y < one.y + one.height);
    const at = this.#clock(ms, true);
    if (row?.kind === 'bank') {
      const span = this.#overview?.spans.find((one) => one.bank === row.id && ms >= one.fromMs && ms < one.toMs);
      const words = { sync: 'in sync', lock: 'locked but slipping', noLock: 'no lock', unknown: "can't tell" };
      const ppm = span?.ppm == null ? '' : `, ${span.ppm.toFixed(2)} ppm`;
      this.#showTold([
        h('b', '', {}, row.name),
        h('p', '', {}, `${at}: ${span === undefined ? 'not watched' : words[span.sync]}${ppm}.`),
      ]);
      return;
    }
    const history = this.#history;
    if (row?.kind !== 'channel' || history === null) {
      this.#showTold([]);
      return;
    }
    const step = Math.floor((ms / 1000 - history.fromS) / history.stepS);
    const code = (codes: Int8Array) =>
      step < 0 || step >= history.steps ? -128 : (codes[step * history.channels + row.channel] ?? -128);
    const [peak, rms, low] = [code(history.peak), code(history.rms), code(history.low)];
    const db = (value: number) => (value <= -127 ? 'digital zero' : `${value} dB`.replace('-', '−'));
    const words =
      peak === -128
        ? 'nothing was captured'
        : peak === -127
          ? 'digital zero'
          : `peak ${db(peak)}FS, RMS ${rms === low ? db(rms) : `${db(low)} to ${db(rms)}`}`;
    const wide =
      history.stepS === 1 ? '' : `, in ${history.stepS < 60 ? `${history.stepS} s` : `${history.stepS / 60} min`}`;
    this.#showTold([h('b', '', {}, row.name), h('p', '', {}, `${at}${wide}: ${words}.`)]);
  }

  #choose(mark: EventMark | null): void {
    this.#chosen = mark;
    this.#cursorMs = null;
    this.#dirty = true;
    if (mark === null) this.#showTold([]);
  }

  #showTold(children: readonly (Node | false)[]): void {
    if (children.length === 0) {
      this.#told.replaceChildren();
      return;
    }
    const close = h('button', 'tl-close', { type: 'button', 'aria-label': 'Close' }, '×');
    close.addEventListener('click', () => {
      this.#choose(null);
      this.#frame.focus({ preventScroll: true });
    });
    this.#told.replaceChildren(close, ...children.filter((child) => child !== false));
  }

  async #tellEvents(events: readonly JournalEvent[], count: number): Promise<void> {
    const slips = events.some(({ kind }) => kind === 'slip') && this.#isLive();
    const evidence = slips ? await loadEvidence() : [];
    if (events.length === 0) return say('The journal has forgotten this.');
    const more = Math.max(count, events.length) - TOLD_EVENTS;
    this.#showTold([
      ...events.slice(0, TOLD_EVENTS).map((event, i) => this.#card(event, evidence, i === 0)),
      more > 0 && h('p', '', {}, `and ${more} more: zoom in, or see the table.`),
    ]);
  }

  #card(event: JournalEvent, evidence: readonly EvidenceItem[], open: boolean): HTMLElement {
    const item = evidence.find((one) => one.bank === event.where && Math.abs(one.frame - event.frame) <= 2);
    const { cause, fix } = event.detail;
    const facts = factsOf(event);
    return h(
      'article',
      `tl-event ${event.severity}`,
      {},
      h('h3', '', {}, `${this.#clock(event.ms, true)}  ${KIND_WORDS[event.kind]}`),
      h('p', '', {}, event.text),
      typeof cause === 'string' && h('p', 'cause', {}, cause),
      typeof fix === 'string' && h('p', 'fix', {}, fix),
      facts.length > 0 &&
        h('dl', '', {}, ...facts.flatMap(([name, value]) => [h('dt', '', {}, name), h('dd', '', {}, value)])),
      item !== undefined &&
        open &&
        h('img', '', {
          src: `/api/evidence/${item.id}.svg`,
          alt: `${item.what}: the channels around the place`,
          loading: 'lazy',
        }),
      item !== undefined &&
        h(
          'p',
          'tl-evidence',
          {},
          h('a', '', { href: `/api/evidence/${item.id}.svg`, target: '_blank', rel: 'noopener' }, 'Picture'),
          h('a', '', { href: `/api/evidence/${item.id}.wav` }, 'WAV'),
        ),
    );
  }

  async #fillTable(): Promise<void> {
    if (!this.#tableBox.open || this.#overview === null) return;
    const events = await loadEvents(this.#session, this.#view.fromMs, this.#view.toMs, TABLE_ROWS + 1);
    const rows = events.slice(0, TABLE_ROWS);
    rebuild(this.#table, JSON.stringify([this.#session, rows.map(({ ms, text }) => [ms, text])]), () => {
      if (rows.length === 0) return [h('p', '', {}, 'Nothing happened in this stretch.')];
      const head = ['Time', 'Kind', 'What'].map((word) => h('th', '', { scope: 'col' }, word));
      return [
        events.length > TABLE_ROWS && h('p', '', {}, `The first ${TABLE_ROWS} of this stretch.`),
        h(
          'table',
          '',
          {},
          h(
            'caption',
            '',
            {},
            `Events from ${this.#clock(this.#view.fromMs, true)} to ${this.#clock(this.#view.toMs, true)}`,
          ),
          h('thead', '', {}, h('tr', '', {}, ...head)),
          h(
            'tbody',
            '',
            {},
            ...rows.map((event) => {
              const show = h('button', 'tl-link', { type: 'button' }, event.text);
              show.addEventListener('click', () => void this.#tellEvents([event], 1));
              return h(
                'tr',
                event.severity,
                {},
                h('td', '', {}, this.#clock(event.ms, true)),
                h('td', '', {}, KIND_WORDS[event.kind]),
                h('td', '', {}, show),
              );
            }),
          ),
        ),
      ];
    });
  }
}

function sessionWords({ session, startedWallMs, lastMs, takes }: SessionRow, present: boolean): string {
  const at = new Date(startedWallMs);
  const day = at.toLocaleDateString(undefined, { day: 'numeric', month: 'short' });
  const time = at.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' });
  const long = present ? 'now' : duration(lastMs);
  return `${session}: ${day} ${time}, ${long}${takes > 0 ? `, ${takes} take${takes === 1 ? '' : 's'}` : ''}`;
}

/** The evidence of an event in words, where it is a number or a word. */
function factsOf(event: JournalEvent): [string, string][] {
  const names: Readonly<Record<string, string>> = {
    frames: 'Frames moved',
    slipKind: 'Kind',
    ppm: 'Clock, ppm',
    uncertaintyPpm: 'Within ± ppm',
    boundPpm: 'Would have been seen from, ppm',
    observableS: 'Listened, s',
    slips: 'Slips so far',
    slipsBefore: 'Slips before it',
    lostFrames: 'Frames lost',
    basis: 'By',
    from: 'From',
    to: 'To',
    confidence: 'Confidence',
    code: 'Code',
    suspects: 'Events in the take',
    timecode: 'Timecode',
  };
  const facts: [string, string][] = event.frame >= 0 ? [['Frame', String(event.frame)]] : [];
  for (const [key, name] of Object.entries(names)) {
    const value = event.detail[key];
    if (typeof value === 'number') facts.push([name, String(Math.round(value * 1000) / 1000)]);
    else if (typeof value === 'string') facts.push([name, value]);
  }
  return facts;
}
