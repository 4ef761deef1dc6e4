/** The phone page: one stream in, views out. */
import type { Snapshot } from '../../monitor/snapshot.ts';
import { request } from './api.ts';
import { ChecksView } from './checksView.ts';
import { byId, setText } from './dom.ts';
import { LiveView } from './liveView.ts';
import { Ballistics } from './meters.ts';
import { PanelView } from './panelView.ts';
import { PatchView } from './patchView.ts';
import { PlannerView } from './planner.ts';
import { SettingsView } from './settingsView.ts';
import { type LinkState, openStream } from './stream.ts';
import { startTheme } from './theme.ts';
import { TimelineView } from './timelineView.ts';

startTheme();
const ballistics = new Ballistics();
const live = new LiveView();
const timeline = new TimelineView();
const panel = new PanelView();
const patch = new PatchView();
const planner = new PlannerView();
const checks = new ChecksView();
const settings = new SettingsView();
let snapshot: Snapshot | null = null;
let stale = false;
let linkState: LinkState = 'connecting';

const calm = matchMedia('(prefers-reduced-motion: reduce)');
let lastDrawMs = 0;

function frame(nowMs: number): void {
  requestAnimationFrame(frame);
  // Reduced motion: the bars still tell the truth, ten times a second.
  if (calm.matches && nowMs - lastDrawMs < 100) return;
  lastDrawMs = nowMs;
  timeline.frame(nowMs);
  if (!stale) ballistics.advance(nowMs);
  if (!byId('live').hidden) live.banks.draw(ballistics, stale || snapshot?.capture.state !== 'running');
}

openStream({
  levels(event) {
    ballistics.onLevels(event, performance.now());
  },
  snapshot(newest) {
    snapshot = newest;
    ballistics.scale = newest.meter;
    byId('sim').hidden = !newest.simulated;
    document.title = newest.simulated ? 'SIM Lightkeeper' : 'Lightkeeper';
    live.update(newest);
    timeline.update(newest);
    patch.update(newest);
    settings.update(newest);
    checks.update(newest);
  },
  link(state, silentMs) {
    // After a restart the box may be another: what it can do is asked again.
    if (state === 'live' && linkState !== 'live') void offerActions();
    linkState = state;
    stale = state === 'stale';
    document.body.className = state;
    const seconds = Math.floor(silentMs / 1000);
    setText(byId('link-word'), state === 'stale' ? `stale ${seconds} s` : state);
  },
});

async function offerActions(): Promise<void> {
  const answer = await request<{ actions: string[] }>('GET', '/api/actions');
  if (!answer.ok) return;
  live.offer(answer.value.actions);
  live.banks.offer(answer.value.actions);
  panel.offer(answer.value.actions);
}

function showView(): void {
  const wanted = location.hash.slice(1);
  const views = [...document.querySelectorAll<HTMLElement>('.view')];
  const name = views.some((view) => view.id === wanted) ? wanted : 'live';
  for (const view of views) view.hidden = view.id !== name;
  for (const tab of document.querySelectorAll<HTMLAnchorElement>('.tabs a')) {
    if (tab.dataset.view === name) tab.setAttribute('aria-current', 'page');
    else tab.removeAttribute('aria-current');
  }
  timeline.show(name === 'timeline');
  panel.show(name === 'panel');
  void patch.show(name === 'patch');
  void planner.show(name === 'plan');
  checks.show(name === 'checks');
  void settings.show(name === 'settings');
  scrollTo(0, 0);
}
addEventListener('hashchange', showView);
showView();
requestAnimationFrame(frame);
