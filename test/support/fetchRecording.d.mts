/** Why there can be none here, or null. */
export function recordingMissing(): string | null;
/** Folder with mono recordings: Front_Center.wav and seven more. */
export function recordingDir(): string;
