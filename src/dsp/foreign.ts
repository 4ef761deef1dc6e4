/** What stands on a port and is no sound of its own: coded bitstreams, hash of a wrong rate, channels split or merged by S/MUX. */

export type ForeignData =
  /** A coded stream (IEC 61937, SMPTE ST 337) where samples should be. `format`: AC-3, DTS, Dolby E, ... */
  | { readonly kind: 'nonAudio'; readonly format: string }
  /** Wide-band noise near full scale on every live channel: a stream decoded at the wrong rate or in the wrong format. */
  | { readonly kind: 'hash' }
  /** The sender runs at `factor` times our rate: each of its channels stands on `factor` of ours, a fraction of a sample apart. */
  | { readonly kind: 'smuxSplit'; readonly factor: 2 | 4 }
  /** The sender runs at half our rate: two of its channels stand on one of ours, sample by sample in turn. */
  | { readonly kind: 'smuxMerged' };

export interface ForeignReading {
  /** Index of the bank in the list given. */
  readonly bank: number;
  /** 0-based. */
  readonly channels: readonly number[];
  readonly data: ForeignData;
  readonly confidence: 'high' | 'medium' | 'low';
  /** Frame at which it was recognised. */
  readonly frame: number;
}
