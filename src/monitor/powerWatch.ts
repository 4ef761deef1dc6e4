/** The box's own power over time: what it is now, and dips that are over but may have cost frames. Pure. */
import { type Static, Type } from 'typebox';
import type { Finding } from './snapshot.ts';

const Told = (description: string) => Type.Union([Type.Boolean(), Type.Null()], { description });

export const Power = Type.Object(
  {
    underVoltage: Told('The supply is too low now; null: not told.'),
    throttled: Told('The processor is held down now, for its supply or its temperature; null: not told.'),
  },
  { description: "How this box fares with its power, by a Raspberry Pi's firmware." },
);
export type Power = Static<typeof Power>;

const times = (count: number) => (count === 1 ? 'once' : `${count} times`);

export class PowerWatch {
  #now: Power | null = null;
  #dips = { count: 0, sinceMs: 0 };
  #throttledSinceMs = 0;

  /** A reading at `nowMs`; null: this machine tells nothing. */
  take(reading: Power | null, nowMs: number): void {
    const before = this.#now;
    this.#now = reading;
    if (reading?.underVoltage === true && before?.underVoltage !== true) {
      this.#dips = { count: this.#dips.count + 1, sinceMs: this.#dips.count === 0 ? nowMs : this.#dips.sinceMs };
    }
    if (reading?.throttled === true && before?.throttled !== true) this.#throttledSinceMs = nowMs;
  }

  /** null: not known. */
  state(): Power | null {
    return this.#now;
  }

  /** Forgets dips that are over; one that stands goes on. */
  clear(nowMs: number): void {
    this.#dips = this.#now?.underVoltage === true ? { count: 1, sinceMs: nowMs } : { count: 0, sinceMs: 0 };
  }

  findings(): Finding[] {
    const found: Finding[] = [];
    const low = this.#now?.underVoltage === true;
    if (this.#dips.count > 0) {
      found.push({
        code: 'power-low',
        severity: low ? 'alarm' : 'warning',
        where: 'This box',
        symptom: low ? "The Pi's supply is too low now." : `The Pi's supply was too low, ${times(this.#dips.count)}.`,
        cause: 'The power supply, its cable, or what the interface draws over USB.',
        fix: "Use the Pi's own power supply, and power the interface from its own or through a powered hub.",
        confidence: 'high',
        sinceMs: Math.floor(this.#dips.sinceMs),
      });
    }
    if (this.#now?.throttled === true && !low) {
      found.push({
        code: 'power-throttled',
        severity: 'warning',
        where: 'This box',
        symptom: "The Pi's processor is held down.",
        cause: 'It is too hot, or its supply was too low.',
        fix: 'Give it air, or a heat sink; check the power supply.',
        confidence: 'medium',
        sinceMs: Math.floor(this.#throttledSinceMs),
      });
    }
    return found;
  }
}
