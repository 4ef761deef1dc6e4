import { describe, expect, it } from 'vitest';
import { parseCommandLine } from '../../src/cli.ts';

const parse = (line: string) => parseCommandLine(line === '' ? [] : line.split(' '));

describe('the command line', () => {
  it('runs with nothing chosen when no word is given', () => {
    expect(parse('')).toEqual({
      ok: true,
      value: { command: 'run', options: { choice: null, httpPort: null, panel: 'auto', stateDir: null, safe: false } },
    });
  });

  it('takes a PCM with its rate and channels', () => {
    expect(parse('run --pcm hw:2,0 --rate 96000 --channels 18 --http 0 --panel none')).toMatchObject({
      ok: true,
      value: {
        options: {
          choice: { kind: 'alsa', pcm: 'hw:2,0', rateHz: 96000, channels: 18 },
          httpPort: 0,
          panel: 'none',
        },
      },
    });
  });

  it('takes a take to analyze, and keeps its flags to it', () => {
    expect(parse('analyze a.wav b.wav --json --map banks.json')).toEqual({
      ok: true,
      value: {
        command: 'analyze',
        options: {
          paths: ['a.wav', 'b.wav'],
          format: 'json',
          mapFile: 'banks.json',
          interface: null,
          meter: 'digital',
          loudness: null,
        },
      },
    });
    expect(parse('analyze a.wav --csv --meter ppmBbc --loudness 1-2,3+5-6,9')).toMatchObject({
      value: { options: { format: 'csv', meter: 'ppmBbc', loudness: [[1, 2], [3, 5, 6], [9]] } },
    });
    for (const wrong of [
      '--json --csv',
      '--meter loud',
      '--loudness 2-1',
      '--loudness 0',
      '--loudness 1-65',
      '--loudness 1-2+2',
    ]) {
      expect(parse(`analyze a.wav ${wrong}`), wrong).toMatchObject({ ok: false, fault: { code: 'usage' } });
    }
    expect(parse('run --csv')).toMatchObject({ ok: false, fault: { code: 'usage' } });
    expect(parse('analyze')).toMatchObject({ ok: false, fault: { code: 'usage' } });
    expect(parse('--json')).toMatchObject({ ok: false, fault: { code: 'usage' } });
  });

  it('takes several WAV files, named one after another', () => {
    expect(parse('--wav a.wav b.wav --fast')).toMatchObject({
      ok: true,
      value: { options: { choice: { kind: 'wav', files: ['a.wav', 'b.wav'], fast: true, loop: false } } },
    });
  });

  it('takes a brief to plan, with a sheet and a configuration to write', () => {
    expect(parse('plan brief.json --sheet sheet.pdf --config box.json')).toEqual({
      ok: true,
      value: {
        command: 'plan',
        options: { briefFile: 'brief.json', sheetFile: 'sheet.pdf', configFile: 'box.json' },
      },
    });
    expect(parse('plan brief.json')).toMatchObject({
      value: { options: { sheetFile: null, configFile: null } },
    });
  });

  it.each([
    ['--frobnicate', /frobnicate/],
    ['dance', /dance/],
    ['--sim session --pcm hw:0', /one of/],
    ['--rate 48000', /--rate goes with --pcm/],
    ['--pcm hw:0 --rate fast', /--rate wants/],
    ['--pcm hw:0 --channels 65', /--channels wants/],
    ['--pcm hw:0 --channels 0', /--channels wants/],
    ['--http 99999', /--http wants/],
    ['--panel hologram', /--panel wants/],
    ['--fast', /--fast goes with --wav/],
    ['list all', /list takes no/],
    ['run away', /Too many words/],
    ['plan', /plan wants a brief/],
    ['plan a.json b.json', /plan takes one brief/],
    ['--sheet sheet.pdf', /--sheet goes with plan/],
  ])('answers "%s" with one line that says what is wrong', (line, what) => {
    const parsed = parse(line);
    expect(parsed.ok).toBe(false);
    if (!parsed.ok) {
      expect(parsed.fault.code).toBe('usage');
      expect(parsed.fault.what).toMatch(what);
      expect(parsed.fault.what).not.toContain('\n');
    }
  });
});
