/** QR codes for the panel. */
import { encode } from 'uqr';

/**
 * The modules of an address, true for dark, without border. The scheme and the host are written in upper case, for then
 * alphanumeric mode holds 25 characters in version 1 (21 modules): `HTTP://192.168.1.23` (ISO/IEC 18004, table 7).
 */
export function renderQr(url: string): boolean[][] {
  const text = url.replace(/\/$/, '').toUpperCase();
  return encode(text, { ecc: 'L', border: 0, boostEcc: true }).data;
}
