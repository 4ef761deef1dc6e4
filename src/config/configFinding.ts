/** What the page and the panel say of a configuration that could not be used as it stands. Pure. */
import type { Finding } from '../monitor/snapshot.ts';
import type { ConfigOrigin } from './store.ts';

/** null: the configuration in use is the one that was meant. It stands until a good one is saved. */
export function configFinding(origin: ConfigOrigin): Finding | null {
  switch (origin.kind) {
    case 'fresh':
    case 'loaded':
      return null;
    case 'lastGood':
    case 'readOnly':
      return {
        code: origin.fault.code,
        severity: 'warning',
        where: 'Configuration',
        symptom: origin.fault.what,
        cause:
          origin.kind === 'readOnly'
            ? 'A newer program wrote it. What is in use comes from before, and nothing can be saved.'
            : 'The last good configuration is in use instead.',
        fix: origin.fault.fix,
        confidence: 'high',
        sinceMs: 0,
      };
  }
}
