/** Channels that one stream may have: what 24-bit USB high speed carries at 48 kHz, and one 64-bit mask a frame. */
export const MAX_CHANNELS = 64;
