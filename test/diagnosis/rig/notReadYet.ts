/** Causes that need the slow readings of a channel: told apart by whether the Snapshot has them. */
import { Channel } from '../../../src/monitor/snapshot.ts';

const SLOW = /^(channel-(hum|dc|copy|polarity|flat-top|bits-stuck)|bank-hum)$/;
const HAVE_SLOW = 'hum' in Channel.properties;

export const isReadYet = (code: string): boolean => HAVE_SLOW || !SLOW.test(code);
