/** What the meters judge of a channel, as the rules read it from the Snapshot. Pure. */
import type { Channel } from '../monitor/snapshot.ts';
import type { ChannelFacts } from './rig.ts';

export function factsOf(_channel: Channel): ChannelFacts {
  return { hum: null, dcDbfs: null, stuckBits: [], flatTop: false, copyOf: null, oppositeTo: null };
}
