import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { integrationsMarkdown } from './integrationsMarkdown.ts';

const file = fileURLToPath(new URL('../../docs/integrations.md', import.meta.url));

describe('docs/integrations.md', () => {
  it('is what the code says (npm run docs:integrations writes it anew)', () => {
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, integrationsMarkdown());
    expect(readFileSync(file, 'utf8')).toBe(integrationsMarkdown());
  });
});
