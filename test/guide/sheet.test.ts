import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Value } from 'typebox/value';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Config } from '../../src/config/schema.ts';
import { parseBrief } from '../../src/guide/brief.ts';
import { findChromium, htmlToPdf } from '../../src/guide/chromiumPdf.ts';
import { runPlan } from '../../src/guide/planCommand.ts';
import { planSession } from '../../src/guide/planner.ts';
import { printSheet } from '../../src/guide/printSheet.ts';
import { INTERFACE_MAPS, octopreRig, SOUND_SHEETS, sheet } from './sheets.ts';

const BAND = 'examples/band-brief.json';

function bandPlan() {
  const brief = parseBrief(JSON.parse(readFileSync(BAND, 'utf8')));
  if (!brief.ok) throw new Error(brief.fault.what);
  const plan = planSession(brief.value, INTERFACE_MAPS);
  if (!plan.ok) throw new Error(plan.fault.what);
  return plan.value;
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lightkeeper-plan-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the printed sheet', () => {
  it('carries each channel with its name, input and 48 V, and the clock in the words of each box', () => {
    const plan = bandPlan();
    const html = printSheet({ plan });
    for (const { name } of plan.channels) expect(html).toContain(`<strong>${name}</strong>`);
    expect(html.match(/<span class="on">48 V<\/span>/g)?.length).toBe(
      plan.channels.filter(({ phantom }) => phantom).length,
    );
    expect(html).toContain('press SYNC until ADAT lights');
    expect(html).toContain('The Lanterns, day 1');
    expect(html).toContain('48 kHz');
  });

  it('is one file: nothing is fetched', () => {
    expect(printSheet({ plan: bandPlan() })).not.toMatch(/src=|href=|@import|url\(/);
  });

  it('never takes a name for HTML', () => {
    const html = printSheet({
      sheet: sheet({ title: '<script>', inputs: [{ channel: 1, name: '<b>"&', connector: 'xlr', source: 'dynamic' }] }),
    });
    expect(html).not.toContain('<script>');
    expect(html).toContain('&#60;script&#62;');
    expect(html).toContain('&#60;b&#62;&#34;&#38;');
  });

  it('prints a patch sheet without a plan, and what the checks say of it', () => {
    const wrong = octopreRig([{ channel: 1, name: 'Room', connector: 'xlr', source: 'ribbonPassive', phantom: true }]);
    expect(printSheet({ sheet: wrong })).toContain('48 V is on at a passive ribbon');
    for (const { sheet: sound } of SOUND_SHEETS)
      expect(printSheet({ sheet: sound })).not.toContain('Look at this first');
  });

  it('becomes a PDF of A4 pages with the text in it', async () => {
    expect(findChromium(), 'test/debian-packages.txt names chromium').not.toBeNull();
    const pdf = join(folder, 'sheet.pdf');
    expect(await htmlToPdf(printSheet({ plan: bandPlan() }), pdf)).toMatchObject({ ok: true });
    const info = execFileSync('pdfinfo', [pdf], { encoding: 'utf8' });
    expect(info).toMatch(/Page size:\s+59[45]\.\S* x 84[12]/);
    expect(Number(/Pages:\s+(\d+)/.exec(info)?.[1])).toBeLessThanOrEqual(2);
    const text = execFileSync('pdftotext', ['-layout', pdf, '-'], { encoding: 'utf8' });
    for (const words of ['The Lanterns, day 1', 'Kick in', 'Clarett OctoPre', 'optical fibre'])
      expect(text).toContain(words);
  });

  it('says what to install where no browser is', async () => {
    const made = await htmlToPdf('<p>', join(folder, 'x.pdf'), null);
    expect(made).toMatchObject({ ok: false, fault: { code: 'sheet-no-browser' } });
    expect(findChromium('/nowhere')).toBeNull();
  });

  it('says so when the browser fails', async () => {
    expect(await htmlToPdf('<p>', join(folder, 'x.pdf'), '/bin/false')).toMatchObject({
      ok: false,
      fault: { code: 'sheet-pdf' },
    });
  });
});

describe('lightkeeper plan', () => {
  it('prints the plan, and writes a sheet and a valid configuration', async () => {
    const sheetFile = join(folder, 'sheet.html');
    const configFile = join(folder, 'config.json');
    const done = await runPlan({ briefFile: BAND, sheetFile, configFile }, INTERFACE_MAPS);
    if (!done.ok) throw new Error(done.fault.what);
    expect(done.value).toContain('All of it fits.');
    expect(done.value).toContain(
      'Needs 15 inputs (12 mic, 1 instrument, 2 line, 0 digital; 5 with 48 V) and 10 outputs',
    );
    expect(statSync(sheetFile).size).toBeGreaterThan(3000);
    const config = JSON.parse(readFileSync(configFile, 'utf8'));
    expect([...Value.Errors(Config, config)]).toEqual([]);
    expect(config.capture).toMatchObject({ device: '1235:8215', rateHz: 48000 });
    expect(config.channels).toHaveLength(15);
    expect(config.banks.find((bank: { id: string }) => bank.id === 'adat-a')).toMatchObject({ box: 'Clarett OctoPre' });
    expect(config.patch.inputs).toHaveLength(15);
  });

  it('the command itself plans with the real table of interfaces: ADAT ports and all', () => {
    const command = ['dist/cli-entry.js', 'plan', BAND];
    const text = execFileSync(process.execPath, command, { encoding: 'utf8' });
    expect(text).toContain('All of it fits.');
    expect(text).toContain('Clarett OctoPre');
  });

  it('says what is wrong with a brief or a name', async () => {
    const code = async (briefFile: string, sheetFile: string | null = null) => {
      const done = await runPlan({ briefFile, sheetFile, configFile: null }, INTERFACE_MAPS);
      return done.ok ? null : done.fault.code;
    };
    const file = (text: string) => {
      const path = join(folder, 'brief.json');
      writeFileSync(path, text);
      return path;
    };
    expect(await code(join(folder, 'none.json'))).toBe('plan-brief-file');
    expect(await code(file('{'))).toBe('plan-brief-json');
    expect(await code(file('{"sources": 3}'))).toBe('brief-invalid');
    expect(await code(BAND, join(folder, 'sheet.docx'))).toBe('plan-sheet-kind');
    expect(await code(BAND, join(folder, 'no/such/folder/sheet.html'))).toBe('plan-write');
  });

  it('of a brief that does not fit says so first, and what would', async () => {
    const path = join(folder, 'brief.json');
    writeFileSync(
      path,
      JSON.stringify({
        interface: 'scarlett-18i20-gen2',
        rateHz: 96000,
        sources: [{ name: 'Mic', kind: 'dynamic', count: 13 }],
      }),
    );
    const done = await runPlan({ briefFile: path, sheetFile: null, configFile: null }, INTERFACE_MAPS);
    if (!done.ok) throw new Error(done.fault.what);
    expect(done.value.split('\n')[1]).toBe('It does not fit as it stands: see the end.');
    expect(done.value).toMatch(/Focusrite Clarett OctoPre\s+1\s+-\s+-/);
    expect(done.value).toContain('At 48 kHz it fits');
  });
});
