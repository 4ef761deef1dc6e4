import { describe, expect, it } from 'vitest';
import {
  DIM_AFTER_MS,
  initialUi,
  OFF_AFTER_MS,
  pageFromName,
  pageName,
  pageRing,
  reduceUi,
  TAKE_OVER_MS,
  type UiCommand,
  type UiState,
  UNDO_MS,
} from '../../src/ui/navigation.ts';
import type { PanelView } from '../../src/ui/view.ts';
import { finding, rig, rigBanks } from './fixtures.ts';

/** Presses and time, played on the reducer. */
class Player {
  ui: UiState;
  nowMs = 1000;
  view: PanelView;
  readonly commands: UiCommand[] = [];
  constructor(view: PanelView = rig()) {
    this.view = view;
    this.ui = initialUi(this.nowMs);
  }
  private take(step: { ui: UiState; commands: readonly UiCommand[] }): void {
    this.ui = step.ui;
    this.commands.push(...step.commands);
  }
  edge(button: 'A' | 'B' | 'C' | 'D', down: boolean): void {
    this.take(reduceUi(this.ui, { kind: 'edge', edge: { button, down, timeMs: this.nowMs } }, this.view));
  }
  wait(ms: number, stepMs = 33): void {
    const end = this.nowMs + ms;
    while (this.nowMs < end) {
      this.nowMs = Math.min(end, this.nowMs + stepMs);
      this.take(reduceUi(this.ui, { kind: 'tick', timeMs: this.nowMs }, this.view));
    }
  }
  press(buttons: string, ms = 80): void {
    for (const button of buttons) this.edge(button as 'A', true);
    this.wait(ms);
    for (const button of buttons) this.edge(button as 'A', false);
    this.wait(100);
  }
  page(): string {
    return pageName(this.ui.page);
  }
  see(view: PanelView): void {
    this.view = { ...view, snapshot: { ...view.snapshot, seq: this.view.snapshot.seq + 1 } };
    this.wait(33);
  }
}

describe('pages and buttons', () => {
  it('B steps through every page and comes round, A steps back', () => {
    const player = new Player();
    const ring = pageRing(player.view).map(pageName);
    const seen: string[] = [];
    for (let i = 0; i < ring.length; i++) {
      seen.push(player.page());
      player.press('B');
    }
    expect(seen).toEqual(ring);
    expect(player.page()).toBe('overview');
    player.press('A');
    expect(player.page()).toBe(ring.at(-1));
  });

  it('A and B together go to the overview, for 3 s to QR and PIN', () => {
    const player = new Player();
    player.press('B');
    player.press('AB');
    expect(player.page()).toBe('overview');
    player.press('AB', 3100);
    expect(player.page()).toBe('network');
  });

  it('A held clears; A within five seconds brings it back, later it turns the page', () => {
    const player = new Player();
    player.press('A', 700);
    expect(player.commands.filter((command) => command.kind === 'clear').length).toBe(1);
    player.press('A');
    expect(player.commands.some((command) => command.kind === 'undoClear')).toBe(true);
    expect(player.page()).toBe('overview');
    player.press('A', 700);
    player.wait(UNDO_MS);
    player.commands.length = 0;
    player.press('A');
    expect(player.commands.some((command) => command.kind === 'undoClear')).toBe(false);
    expect(player.page()).toBe('take');
  });

  it('on the take page A held marks a take, and clears nothing', () => {
    const player = new Player();
    player.press('A');
    expect(player.page()).toBe('take');
    player.commands.length = 0;
    player.press('A', 700);
    expect(player.commands.map((command) => command.kind)).toEqual(['markTake']);
    expect(player.page()).toBe('take');
  });

  it('B held shows the worst channel: clips before loudness', () => {
    const player = new Player(rig({ clips: (index) => (index === 23 ? 4 : 0) }));
    player.press('B', 700);
    expect(player.page()).toBe('channel 23');
    player.press('B');
    expect(player.page()).toBe('channel 24');
    player.press('AB');
    expect(player.page()).toBe('overview');
  });

  it('remembers the page to boot to by a name that reads back', () => {
    const player = new Player();
    player.press('B');
    const remembered = player.commands.filter((command) => command.kind === 'remember').at(-1)!;
    expect(remembered).toEqual({ kind: 'remember', page: 'bank analogue 0' });
    for (const page of pageRing(rig({ findings: [finding()] }))) expect(pageFromName(pageName(page))).toEqual(page);
    for (const junk of ['', 'bank', 'x y z', 'bank \u0000 99999', 'channel -4'])
      expect(() => pageFromName(junk)).not.toThrow();
  });

  it('stays on a page that goes away by showing the nearest', () => {
    const player = new Player(rig({ findings: [finding()] }));
    player.ui = { ...player.ui, page: { kind: 'finding', cause: 'clock-slip|ADAT A' } };
    player.see(rig());
    player.press('B');
    expect(player.page()).not.toBe('overview');
  });
});

describe('alarms on the panel', () => {
  const alarm = rig({ banks: rigBanks({ sync: 'lock' }), findings: [finding()] });

  it('take over once per cause for five seconds, then leave a mark', () => {
    const player = new Player();
    player.see(alarm);
    expect(player.ui.takeOver?.cause).toBe('clock-slip|ADAT A');
    player.wait(TAKE_OVER_MS);
    expect(player.ui.takeOver).toBeNull();
    player.see(alarm);
    player.wait(60_000, 500);
    expect(player.ui.takeOver).toBeNull();
    player.see(rig({ findings: [finding(), finding({ where: 'ADAT B' })] }));
    expect(player.ui.takeOver?.cause).toBe('clock-slip|ADAT B');
  });

  it('are acknowledged by A without a PIN, and open by B', () => {
    const player = new Player();
    player.see(alarm);
    player.press('A');
    expect(player.commands).toContainEqual({ kind: 'acknowledge', cause: 'clock-slip|ADAT A' });
    expect(player.ui.takeOver).toBeNull();
    expect(player.page()).toBe('overview');
    const other = new Player();
    other.see(alarm);
    other.press('B');
    expect(other.page()).toBe('finding clock-slip|ADAT A');
    expect(other.commands.some((command) => command.kind === 'acknowledge')).toBe(false);
    other.press('A', 700);
    expect(other.commands).toContainEqual({ kind: 'acknowledge', cause: 'clock-slip|ADAT A' });
    expect(other.commands.some((command) => command.kind === 'clear')).toBe(false);
  });

  it('do not flicker when a cause comes and goes', () => {
    const player = new Player();
    let takeOvers = 0;
    let before: unknown = null;
    for (let i = 0; i < 40; i++) {
      player.see(i % 2 === 0 ? alarm : rig());
      if (player.ui.takeOver !== null && before === null) takeOvers++;
      before = player.ui.takeOver;
      player.wait(100);
    }
    expect(takeOvers).toBe(1);
  });

  it('of less weight never take over', () => {
    const player = new Player();
    player.see(rig({ findings: [finding({ severity: 'warning' })] }));
    expect(player.ui.takeOver).toBeNull();
  });
});

describe('sleep and burn-in', () => {
  const silent = rig({ level: () => null });

  it('dims after two minutes; the next press only wakes', () => {
    const player = new Player();
    player.wait(DIM_AFTER_MS + 100, 1000);
    expect(player.ui.light).toBe('dim');
    expect(player.commands).toContainEqual({ kind: 'light', light: 'dim' });
    player.press('B');
    expect(player.ui.light).toBe('bright');
    expect(player.page()).toBe('overview');
    player.press('B');
    expect(player.page()).toBe('bank analogue 0');
  });

  it('goes dark after a quarter of an hour of silence, and wakes on signal', () => {
    const player = new Player(silent);
    player.wait(OFF_AFTER_MS + 1000, 1000);
    expect(player.ui.light).toBe('off');
    player.see(rig());
    expect(player.ui.light).toBe('bright');
  });

  it('does not go dark while there is signal, a take, or an alarm', () => {
    for (const view of [
      rig(),
      { ...silent, takeRunning: true },
      rig({ level: () => null, findings: [finding()] }),
      rig({ level: () => null, capture: { state: 'stalled' } }),
    ]) {
      const player = new Player(view);
      player.wait(2 * OFF_AFTER_MS, 1000);
      expect(player.ui.light).toBe('dim');
    }
  });

  it('wakes on a new finding', () => {
    const player = new Player(silent);
    player.wait(OFF_AFTER_MS + 1000, 1000);
    player.see(rig({ level: () => null, findings: [finding()] }));
    expect(player.ui.light).toBe('bright');
  });
});
