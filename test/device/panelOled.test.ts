import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RUN_COST } from '../../src/device/panel/oledChips.ts';
import { type I2cFault, OledDriver, REFRESH_MS } from '../../src/device/panel/oledDriver.ts';
import { frameRuns, UNKNOWN } from '../../src/device/panel/pageDiff.ts';
import { tellFaultRow } from '../faults/tell.ts';
import { OledModel } from './oledModel.ts';

/** A bus of one panel at 0x3c or 0x3d, with faults, on a clock of its own. */
class Rig {
  nowMs = 0;
  readonly model: OledModel;
  address = 0x3c;
  present = true;
  hung = false;
  busThere = true;
  /** Handles opened before the last change of the bus: they refuse for ever. */
  staleHandles = 0;
  private handles = 0;
  /** Bytes that still pass before one is refused. null: all pass. */
  refuseAfter: number | null = null;
  written = 0;
  readonly driver: OledDriver;
  private random: number;

  constructor(chip: 'ssd1306' | 'sh1106', seed = 1, flip = false) {
    this.random = seed | 0 || 1;
    this.model = new OledModel(chip, () => this.noise());
    this.driver = new OledDriver({
      settings: { chip, flip, invert: false },
      now: () => this.nowMs,
      open: () =>
        this.busThere ? { ok: true, value: this.handle() } : { ok: false, fault: { kind: 'gone', code: 'ENOENT' } },
    });
  }

  private handle() {
    const number = ++this.handles;
    return {
      write: (address: number, bytes: Uint8Array): I2cFault | null =>
        number <= this.staleHandles ? { kind: 'refused', code: 'ENOTCONN' } : this.write(address, bytes),
      close: () => undefined,
    };
  }

  /** The adapter is replaced by another with the same panel: what was open answers no more. */
  replaceBus(): void {
    this.staleHandles = this.handles;
  }

  noise(): number {
    this.random ^= this.random << 13;
    this.random ^= this.random >>> 17;
    this.random ^= this.random << 5;
    return this.random & 0xff;
  }

  private write(address: number, bytes: Uint8Array): I2cFault | null {
    this.nowMs += ((bytes.length + 1) * 9) / 400;
    if (!this.busThere) return { kind: 'gone', code: 'ENODEV' };
    if (this.hung) {
      this.nowMs += 100;
      return { kind: 'hung', code: 'ETIMEDOUT' };
    }
    if (!this.present || address !== this.address) return { kind: 'refused', code: 'EREMOTEIO' };
    if (this.refuseAfter !== null && this.refuseAfter < bytes.length) {
      this.model.receive(bytes.subarray(0, this.refuseAfter));
      this.refuseAfter = null;
      return { kind: 'refused', code: 'EREMOTEIO' };
    }
    if (this.refuseAfter !== null) this.refuseAfter -= bytes.length;
    this.written += bytes.length + 1;
    this.model.receive(bytes);
    return null;
  }

  /** Lets the driver work for so long. */
  run(ms: number): void {
    const end = this.nowMs + ms;
    while (this.nowMs < end) this.nowMs += Math.min(end - this.nowMs, Math.max(0.01, this.driver.step()));
  }

  steps(count: number): void {
    for (let i = 0; i < count; i++) this.nowMs += Math.min(50, this.driver.step());
  }
}

function randomFrame(rig: Rig): Uint8Array {
  return Uint8Array.from({ length: 1024 }, () => rig.noise());
}

describe('what is sent to the panel', () => {
  it('covers every changed byte once, and no run could be split or joined more cheaply', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1023), { maxLength: 60 }), (changed) => {
        const wanted = new Uint8Array(1024);
        const shown = new Int16Array(1024);
        for (const at of changed) wanted[at] = 1;
        const runs = frameRuns(shown, wanted, 128, RUN_COST);
        const covered = new Uint8Array(1024);
        for (const run of runs) {
          for (let column = run.first; column <= run.last; column++) covered[run.page * 128 + column]!++;
          // Its ends are changes, and no gap inside is longer than a new write costs.
          expect(wanted[run.page * 128 + run.first]).toBe(1);
          expect(wanted[run.page * 128 + run.last]).toBe(1);
        }
        for (const at of changed) expect(covered[at]).toBe(1);
        expect(Math.max(...covered)).toBeLessThanOrEqual(1);
        // The cheapest choice, by trying each gap both ways: gaps do not depend on each other.
        let cheapest = 0;
        for (let page = 0; page < 8; page++) {
          const columns = [...new Set(changed.filter((at) => at >> 7 === page))].sort((a, b) => a - b);
          columns.forEach((at, i) => {
            cheapest += i === 0 ? RUN_COST + 1 : Math.min(at - columns[i - 1]!, RUN_COST + 1);
          });
        }
        const cost = runs.reduce((sum, run) => sum + RUN_COST + run.last - run.first + 1, 0);
        expect(cost).toBe(cheapest);
      }),
    );
  });

  it('is all of an unknown panel, and nothing of an equal one', () => {
    const wanted = new Uint8Array(1024).fill(0x5a);
    expect(frameRuns(new Int16Array(1024).fill(UNKNOWN), wanted, 128, RUN_COST).length).toBe(8);
    expect(frameRuns(Int16Array.from(wanted), wanted, 128, RUN_COST)).toEqual([]);
  });
});

describe.each(['ssd1306', 'sh1106'] as const)('an %s panel', (chip) => {
  it('shows the frame, lit only when the picture stands', () => {
    const rig = new Rig(chip, 7);
    const frame = randomFrame(rig);
    rig.driver.show(frame);
    for (let i = 0; i < 40; i++) {
      rig.steps(1);
      if (rig.model.on) expect(rig.model.glass()).toEqual(frame);
    }
    expect(rig.model.on).toBe(true);
    expect(rig.model.unknown).toEqual([]);
    rig.driver.stop();
    expect(rig.model.on).toBe(false);
  });

  it('is found at the second address, and turned by 180 degrees when asked', () => {
    const rig = new Rig(chip, 3, true);
    rig.address = 0x3d;
    const frame = randomFrame(rig);
    rig.driver.show(frame);
    rig.run(200);
    expect(rig.driver.state).toEqual({ kind: 'ready', address: 0x3d });
    expect(rig.model.glass(true)).toEqual(frame);
    expect(rig.model.glass(false)).not.toEqual(frame);
  });

  it('equals the framebuffer after any sequence of frames and faults', () => {
    const action = fc.oneof(
      { weight: 4, arbitrary: fc.record({ kind: fc.constant('frame' as const), steps: fc.nat(12) }) },
      { weight: 4, arbitrary: fc.record({ kind: fc.constant('touch' as const), at: fc.nat(1023), steps: fc.nat(6) }) },
      {
        weight: 3,
        arbitrary: fc.record({ kind: fc.constant('refuse' as const), after: fc.nat(160), steps: fc.nat(8) }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constant('light' as const),
          light: fc.constantFrom('bright' as const, 'dim' as const, 'off' as const),
          steps: fc.nat(4),
        }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('unplug' as const), steps: fc.nat(8) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('hang' as const), steps: fc.nat(4) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('busGone' as const), steps: fc.nat(4) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('blackout' as const), steps: fc.nat(4) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('move' as const), steps: fc.nat(4) }) },
    );
    fc.assert(
      fc.property(fc.integer(), fc.array(action, { minLength: 1, maxLength: 6 }), (seed, actions) => {
        const rig = new Rig(chip, seed);
        let frame: Uint8Array = new Uint8Array(1024);
        let silent = false;
        rig.driver.show(frame);
        for (const each of actions) {
          switch (each.kind) {
            case 'frame':
              frame = randomFrame(rig);
              rig.driver.show(frame);
              break;
            case 'touch':
              frame = frame.slice();
              frame[each.at]! ^= 0x18;
              rig.driver.show(frame);
              break;
            case 'refuse':
              rig.refuseAfter = each.after;
              break;
            case 'light':
              rig.driver.setLight(each.light);
              break;
            case 'unplug':
              rig.present = false;
              rig.steps(each.steps);
              rig.present = true;
              rig.model.powerOn(() => rig.noise());
              // Too short to be seen: only the refresh can tell.
              silent = true;
              break;
            case 'hang':
              rig.hung = true;
              rig.steps(each.steps);
              rig.hung = false;
              break;
            case 'busGone':
              rig.busThere = false;
              rig.steps(each.steps);
              rig.busThere = true;
              break;
            case 'blackout':
              // The panel loses power without missing a single write.
              rig.model.powerOn(() => rig.noise());
              silent = true;
              break;
            case 'move':
              rig.address = rig.address === 0x3c ? 0x3d : 0x3c;
              break;
          }
          rig.steps(each.steps);
        }
        rig.refuseAfter = null;
        rig.driver.setLight('bright');
        rig.run(silent ? REFRESH_MS + 6000 : 6000);
        expect(rig.model.unknown).toEqual([]);
        return Buffer.compare(rig.model.glass(), frame) === 0;
      }),
      { numRuns: 5000, seed: 20261122 },
    );
  });

  it('is drawn anew within five seconds of its return', () => {
    const rig = new Rig(chip, 11);
    const frame = randomFrame(rig);
    rig.driver.show(frame);
    rig.run(500);
    rig.present = false;
    frame[5]! ^= 0xff;
    rig.driver.show(frame);
    rig.run(60_000);
    expect(rig.driver.state.kind).toBe('lost');
    rig.present = true;
    rig.model.powerOn(() => rig.noise());
    rig.run(5000);
    expect(rig.model.glass()).toEqual(frame);
  });

  it('is found again when its bus was replaced and the old handle only refuses', () => {
    const rig = new Rig(chip, 12);
    const frame = randomFrame(rig);
    rig.driver.show(frame);
    rig.run(500);
    rig.replaceBus();
    rig.model.powerOn(() => rig.noise());
    frame[5]! ^= 0xff;
    rig.driver.show(frame);
    rig.run(5000);
    expect(rig.model.glass()).toEqual(frame);
  });

  it('fault row 13: one refused write costs one try, no more', () => {
    const rig = new Rig(chip, 13);
    rig.driver.show(randomFrame(rig));
    rig.run(500);
    const before = { ...rig.driver.counts };
    const frame = randomFrame(rig);
    rig.refuseAfter = 30;
    rig.driver.show(frame);
    rig.run(100);
    expect(rig.driver.counts.refused).toBe(before.refused + 1);
    expect(rig.driver.counts.setups).toBe(before.setups);
    expect(rig.model.glass()).toEqual(frame);
    tellFaultRow({ row: 13, did: `one write refused, ${chip}`, saw: 'one try more; the picture is right' });
  });

  it('a hung bus is asked seldom: less than a tenth of the time is spent waiting for it', () => {
    const rig = new Rig(chip, 17);
    rig.driver.show(randomFrame(rig));
    rig.run(500);
    rig.hung = true;
    rig.driver.show(randomFrame(rig));
    const before = rig.driver.counts.writes;
    rig.run(60_000);
    expect((rig.driver.counts.writes - before) * 100).toBeLessThan(6000);
  });

  it('dims and wakes without a new picture', () => {
    const rig = new Rig(chip, 19);
    rig.driver.show(randomFrame(rig));
    rig.run(500);
    const bright = rig.model.contrast;
    const before = rig.written;
    rig.driver.setLight('dim');
    rig.run(50);
    expect(rig.model.contrast).toBeLessThan(bright);
    rig.driver.setLight('off');
    rig.run(50);
    expect(rig.model.on).toBe(false);
    rig.driver.setLight('bright');
    rig.run(50);
    expect(rig.model.on).toBe(true);
    expect(rig.model.contrast).toBe(bright);
    expect(rig.written - before).toBeLessThan(150);
  });
});
