// Writes docs/api.md, docs/config.md and docs/errors.md from the built program's schemas and the sources.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeApi } from '../dist/web/describeApi.js';
import { apiMarkdown, configMarkdown, errorsMarkdown } from '../dist/web/docs.js';
import { faultCodes } from './faultCodes.mjs';

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))));
mkdirSync('docs', { recursive: true });
writeFileSync('docs/config.md', configMarkdown());
writeFileSync('docs/api.md', apiMarkdown(await describeApi()));
writeFileSync('docs/errors.md', errorsMarkdown(faultCodes()));
