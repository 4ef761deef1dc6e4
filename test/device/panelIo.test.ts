import { describe, expect, it } from 'vitest';
import { type IoChoice, type IoEvent, IoMailbox, runIoLoop } from '../../src/device/panel/ioLoop.ts';
import type { I2cFault } from '../../src/device/panel/oledDriver.ts';
import { tellFaultRow } from '../faults/tell.ts';
import { GpioKernel } from './gpioKernel.ts';
import { OledModel } from './oledModel.ts';

const CHIP = '/dev/gpiochip0';
const PANEL: IoChoice['panel'] = { chip: 'ssd1306', bus: 1, address: null, flip: false, invert: false };
const GPIO: IoChoice['gpio'] = {
  chip: null,
  buttons: [
    { button: 'A', line: 'GPIO5' },
    { button: 'B', line: 'GPIO6' },
  ],
  lamp: 'GPIO13',
};

/** The loop in virtual time, with a Pi's header, a panel, and a script of what happens when. */
class Box {
  readonly kernel = new GpioKernel();
  readonly mailbox = new IoMailbox();
  readonly events: (IoEvent & { atMs: number })[] = [];
  readonly model = new OledModel('ssd1306', () => 0x55);
  readonly wakeFd: number;
  fault: I2cFault | null = null;
  faultMs = 0;
  shows = 0;

  constructor() {
    this.kernel.addChip(CHIP, 'pinctrl-bcm2711', ['ID_SDA', 'GPIO5', 'GPIO6', 'GPIO13']);
    this.wakeFd = this.kernel.eventFd();
  }

  show(atMs: number, byte: number): void {
    this.kernel.at(atMs, () => {
      this.mailbox.putFrame(new Uint8Array(1024).fill(byte));
      this.kernel.wake(this.wakeFd);
    });
  }

  run(choice: IoChoice, untilMs: number): void {
    this.kernel.at(untilMs, () => {
      this.mailbox.stop();
      this.kernel.wake(this.wakeFd);
    });
    runIoLoop({
      choice,
      mailbox: this.mailbox,
      wakeFd: this.wakeFd,
      calls: this.kernel,
      openBus: () => ({
        ok: true,
        value: {
          write: (address, bytes) => {
            this.kernel.nowMs += ((bytes.length + 1) * 9) / 400;
            if (this.fault !== null) {
              this.kernel.nowMs += this.faultMs;
              return this.fault;
            }
            if (address !== 0x3c) return { kind: 'refused', code: 'EREMOTEIO' };
            this.model.receive(bytes);
            return null;
          },
          close: () => undefined,
        },
      }),
      post: (event) => this.events.push({ ...event, atMs: this.kernel.nowMs }),
      now: () => this.kernel.nowMs,
    });
  }

  edges(): string[] {
    return this.events.flatMap((event) =>
      event.kind === 'edge'
        ? [`${event.edge.button}${event.edge.down ? '+' : '-'}@${Math.round(event.edge.timeMs)}`]
        : [],
    );
  }

  gpioFaults(): (string | null)[] {
    return this.events.flatMap((event) => (event.kind === 'gpio' ? [event.fault?.code ?? null] : []));
  }

  panelFaults(): (string | null)[] {
    const codes = this.events.flatMap((event) => (event.kind === 'panel' ? [event.fault?.code ?? null] : []));
    return codes.filter((code, i) => i === 0 || code !== codes[i - 1]);
  }
}

describe('panel and buttons on the io worker', () => {
  it('shows the newest frame, and puts the panel out at the end', () => {
    const box = new Box();
    box.show(10, 0x0f);
    box.show(200, 0xf0);
    let glass: Uint8Array | null = null;
    box.kernel.at(400, () => {
      glass = box.model.glass();
    });
    box.run({ panel: PANEL, gpio: null }, 500);
    expect(glass).toEqual(new Uint8Array(1024).fill(0xf0));
    expect(box.model.on).toBe(false);
    expect(box.events.at(-1)?.kind).toBe('stopped');
  });

  it("asks for pulled-up, active-low, debounced lines, and gives edges with the kernel's time", () => {
    const box = new Box();
    box.kernel.at(50, () => {
      const [buttons] = box.kernel.requested();
      expect(buttons).toMatchObject({ offsets: [1, 2], debounceUs: 5000 });
      expect(buttons!.flags).toBe((1n << 1n) | (1n << 2n) | (1n << 4n) | (1n << 5n) | (1n << 8n));
    });
    box.kernel.at(100, () => box.kernel.drive(CHIP, 'GPIO5', false));
    box.kernel.at(180, () => box.kernel.drive(CHIP, 'GPIO5', true));
    box.kernel.at(300, () => box.kernel.drive(CHIP, 'GPIO6', false));
    box.run({ panel: PANEL, gpio: GPIO }, 500);
    expect(box.edges()).toEqual(['A+@100', 'A-@180', 'B+@300']);
    for (const event of box.events) if (event.kind === 'edge') expect(event.atMs - event.edge.timeMs).toBeLessThan(5);
  });

  it('lights the lamp when told, and never leaves it lit', () => {
    const box = new Box();
    box.kernel.at(100, () => {
      box.mailbox.setLamp(true);
      box.kernel.wake(box.wakeFd);
    });
    let lit = false;
    box.kernel.at(300, () => {
      lit = box.kernel.line(CHIP, 'GPIO13').high;
    });
    box.run({ panel: null, gpio: GPIO }, 500);
    expect(lit).toBe(true);
    expect(box.kernel.line(CHIP, 'GPIO13').high).toBe(false);
  });

  it('gives the truth after the kernel dropped events', () => {
    const box = new Box();
    box.kernel.at(100, () => {
      for (let i = 0; i < 41; i++) box.kernel.drive(CHIP, 'GPIO5', i % 2 === 1);
      for (let i = 0; i < 40; i++) box.kernel.drive(CHIP, 'GPIO6', i % 2 === 1);
    });
    box.run({ panel: null, gpio: GPIO }, 3000);
    const last = (button: string) =>
      box
        .edges()
        .filter((edge) => edge.startsWith(button))
        .at(-1)?.[1];
    expect(last('A')).toBe('+');
    expect(last('B')).toBe('-');
  });

  it('finds a button that changed while nobody looked', () => {
    const box = new Box();
    box.kernel.at(500, () => {
      box.kernel.line(CHIP, 'GPIO5').high = false;
    });
    box.run({ panel: null, gpio: GPIO }, 3000);
    expect(box.edges().length).toBe(1);
    expect(box.edges()[0]).toMatch(/^A\+/);
  });

  it('fault row 16: says once that there is no GPIO, and shows the panel all the same', () => {
    const box = new Box();
    box.kernel.removeChip(CHIP);
    box.show(10, 0x11);
    let glass: Uint8Array | null = null;
    box.kernel.at(9000, () => {
      glass = box.model.glass();
    });
    box.run({ panel: PANEL, gpio: GPIO }, 10_000);
    expect(box.gpioFaults()).toEqual(['gpio-none']);
    expect(glass).toEqual(new Uint8Array(1024).fill(0x11));
    tellFaultRow({ row: 16, did: 'no GPIO chip', saw: 'said once; the panel draws' });
  });

  it('takes the buttons back when the chip returns', () => {
    const box = new Box();
    box.kernel.at(1000, () => box.kernel.removeChip(CHIP));
    box.kernel.at(3000, () => box.kernel.addChip(CHIP, 'gpio-sim.0', ['GPIO5', 'GPIO6', 'GPIO13']));
    box.kernel.at(6000, () => box.kernel.drive(CHIP, 'GPIO6', false));
    box.run({ panel: null, gpio: GPIO }, 8000);
    expect(box.gpioFaults()).toEqual([null, 'gpio-gone', null]);
    expect(box.edges()).toEqual(['B+@6000']);
  });

  it('says who holds a line', () => {
    const box = new Box();
    box.kernel.line(CHIP, 'GPIO6').consumer = 'gpio-keys';
    box.run({ panel: null, gpio: GPIO }, 500);
    const fault = box.events.find((event) => event.kind === 'gpio');
    expect(fault).toMatchObject({ fault: { code: 'gpio-lines', fix: expect.stringContaining('gpio-keys') } });
  });

  it('names the chip and lines that are not there', () => {
    const box = new Box();
    box.run({ panel: null, gpio: { ...GPIO!, chip: 'gpio-sim.0' } }, 500);
    expect(box.events[0]).toMatchObject({ kind: 'gpio', fault: { code: 'gpio-not-found' } });
  });

  it('gives edges while the bus hangs, at most one time-out late', () => {
    const box = new Box();
    box.show(10, 0x01);
    box.kernel.at(500, () => {
      box.fault = { kind: 'hung', code: 'ETIMEDOUT' };
      box.faultMs = 100;
    });
    for (let i = 0; i < 100; i++) {
      box.show(510 + i * 50, i);
      box.kernel.at(520 + i * 50, () => box.kernel.drive(CHIP, 'GPIO5', i % 2 === 1));
    }
    box.run({ panel: PANEL, gpio: GPIO }, 6000);
    expect(box.edges().length).toBe(100);
    for (const event of box.events) if (event.kind === 'edge') expect(event.atMs - event.edge.timeMs).toBeLessThan(110);
    expect(box.panelFaults()).toEqual([null, 'panel-bus-hung']);
  });

  it('fault row 14: draws the panel anew when it comes back, and says both once; buttons go on', () => {
    const box = new Box();
    box.show(10, 0x01);
    box.kernel.at(1000, () => {
      box.fault = { kind: 'refused', code: 'EREMOTEIO' };
    });
    box.show(1010, 0x02);
    box.kernel.at(20_000, () => {
      box.fault = null;
      box.model.powerOn(() => 0xaa);
    });
    const wanted = new Uint8Array(1024).fill(0x02);
    let rightMs = Number.POSITIVE_INFINITY;
    for (let ms = 20_000; ms <= 25_000; ms += 50)
      box.kernel.at(ms, () => {
        if (Buffer.from(box.model.glass()).equals(wanted)) rightMs = Math.min(rightMs, ms - 20_000);
      });
    box.kernel.at(10_000, () => box.kernel.drive(CHIP, 'GPIO5', false));
    box.run({ panel: PANEL, gpio: GPIO }, 26_000);
    expect(box.panelFaults()).toEqual([null, 'panel-silent', null]);
    expect(rightMs).toBeLessThanOrEqual(5000);
    expect(box.edges()).toEqual(['A+@10000']);
    tellFaultRow({
      row: 14,
      did: 'panel gone for 19 s',
      saw: 'a press in between counts; drawn anew',
      recoverMs: rightMs,
    });
  });

  it('sleeps while nothing changes', () => {
    const box = new Box();
    box.show(10, 0x01);
    box.run({ panel: PANEL, gpio: GPIO }, 60_000);
    // Four a second, a few for the refresh of each page.
    expect(box.kernel.polls).toBeLessThan(60 * 8);
  });

  it('leaves no descriptor open', () => {
    const box = new Box();
    box.kernel.at(1000, () => box.kernel.removeChip(CHIP));
    box.kernel.at(3000, () => box.kernel.addChip(CHIP, 'gpio-sim.0', ['GPIO5', 'GPIO6', 'GPIO13']));
    box.run({ panel: PANEL, gpio: GPIO }, 8000);
    expect([...box.kernel.openFds.keys()]).toEqual([]);
  });
});

describe('the mailbox between the threads', () => {
  it('gives each frame once, the newest', () => {
    const box = new IoMailbox();
    const into = new Uint8Array(1024);
    expect(box.takeFrame(into, 0)).toBe(0);
    box.putFrame(new Uint8Array(1024).fill(1));
    box.putFrame(new Uint8Array(1024).fill(2));
    const seen = box.takeFrame(into, 0);
    expect(into[1023]).toBe(2);
    expect(box.takeFrame(into, seen)).toBe(seen);
  });
});
