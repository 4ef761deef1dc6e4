/** Causes that need readings which the capture loop does not give yet. */
const NOT_READ_YET = /^(channel-(hum|dc|copy|polarity|flat-top|bits-stuck)|bank-hum)$/;

export const isReadYet = (code: string): boolean => !NOT_READ_YET.test(code);
