/**
 * The 4x interpolation filter of ITU-R BS.1770-5 Annex 2: 48 taps, each an exact multiple of 2^-13, here times 8192.
 * Phases 2 and 3 are phases 1 and 0 backwards.
 */
export const TRUE_PEAK_PHASE_0: readonly number[] = [14, 90, -161, 272, -487, 1125, 7964, -838, 390, -218, 122, -68];
export const TRUE_PEAK_PHASE_1: readonly number[] = [
  -239, 240, -424, 730, -1364, 3810, 6388, -1641, 832, -477, 271, -155,
];
