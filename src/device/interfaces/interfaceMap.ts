/** Known interfaces as data: which capture channels belong to which port, at each range of rates. */
import type { BankKind } from '../../monitor/snapshot.ts';

export interface PortMap {
  /** Short name for programs: adat-a. */
  readonly id: string;
  /** As printed on the box: ADAT A. */
  readonly name: string;
  readonly kind: BankKind;
  /** First and last capture channel, 1-based. */
  readonly first: number;
  readonly last: number;
}

export interface InterfaceMap {
  readonly name: string;
  /** `vvvv:pppp`, lower-case hex. */
  readonly usbIds: readonly string[];
  /** true: read in the Linux driver or in a dump of the device's controls. false: from a manual or hearsay; told to the user. */
  readonly verified: boolean;
  /** In rising order of rate: at 1x (44.1, 48 k), 2x (88.2, 96 k), 4x (176.4, 192 k). null: not known. */
  readonly maps: {
    readonly x1: readonly PortMap[];
    readonly x2: readonly PortMap[] | null;
    readonly x4: readonly PortMap[] | null;
  };
}
