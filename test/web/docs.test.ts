import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { describeApi } from '../../src/web/describeApi.ts';
import { apiMarkdown, type CodeWords, configMarkdown, errorsMarkdown } from '../../src/web/docs.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const doc = (name: string) => readFileSync(`${ROOT}docs/${name}`, 'utf8');

describe('docs and program are one (npm run docs writes them anew)', () => {
  it('docs/config.md is what the schema says', () => {
    expect(doc('config.md')).toBe(configMarkdown());
  });

  it('docs/api.md is what the routes say', async () => {
    expect(doc('api.md')).toBe(apiMarkdown(await describeApi()));
  });

  it('docs/errors.md lists every code of the sources with its words, and no other', async () => {
    const { faultCodes } = (await import(`${ROOT}scripts/faultCodes.mjs`)) as {
      faultCodes: (root: string) => CodeWords[];
    };
    const codes = faultCodes(`${ROOT}src`);
    expect(codes.length).toBeGreaterThan(30);
    for (const { code, fix } of codes) {
      expect(fix.replaceAll('...', '').trim(), `${code} says not what to do`).not.toBe('');
    }
    expect(doc('errors.md')).toBe(errorsMarkdown(codes));
  });
});
