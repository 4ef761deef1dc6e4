/**
 * When an arrival of frames is watched for, so that its stamp is of the arrival and not of this box's wake-up: as often as the rate wants it, some
 * times more when something came between, and seldom where a device shows no arrivals of its own. Pure.
 */

/**
 * USB delivers each millisecond: once a second costs a core 0.05 % in the mean. An arrival that comes while the kernel's timer has the core (45 us
 * each 4 ms in our virtual machine) is known badly, for five seconds in a hundred, and the one a millisecond later well.
 */
export const LONGEST_WATCH_NS = 3.5e6;
/** An arrival that is known this well needs no better one; a slow box makes do with less. */
export const NARROW_NS = 40e3;
const TRIES_PER_S = 6;
/** Seconds in a row without an arrival that is known well: the device delivers in larger pieces, or this box is too slow to look. */
const GIVE_UP_S = 5;
/** And for so many seconds nobody tries. */
const REST_S = 60;

export class ArrivalWatch {
  #second = -1;
  #tries = 0;
  /** Seconds in a row in which none was seen; whether one was in this. */
  #inVain = 0;
  #seen = true;
  #restUntil = 0;

  /** May one be watched for in second `second` of the stream, which wants one? */
  due(second: number): boolean {
    if (second < this.#restUntil) return false;
    if (second !== this.#second) {
      this.#inVain = this.#seen ? 0 : this.#inVain + 1;
      this.#second = second;
      this.#tries = 0;
      this.#seen = false;
      if (this.#inVain >= GIVE_UP_S) {
        this.#inVain = 0;
        this.#seen = true;
        this.#restUntil = second + REST_S;
        return false;
      }
    }
    return this.#tries < TRIES_PER_S;
  }

  /** It was watched for; `seen`: it came, and it is known well when. */
  watched(seen: boolean): void {
    this.#tries++;
    if (seen) this.#seen = true;
  }
}
