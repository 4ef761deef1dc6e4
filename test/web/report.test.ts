import { describe, expect, it } from 'vitest';
import { MemoryStore } from '../../src/journal/memoryStore.ts';
import { longSession, readerOf } from '../journal/support/longSession.ts';
import { makeWeb } from './support/webRig.ts';

const startedWallMs = Date.UTC(2026, 4, 1, 12);
const store = new MemoryStore({ startedWallMs, version: '1', simulated: true });
longSession(store, { hours: 1, channels: 34, startedWallMs });
const { web } = makeWeb({ journal: readerOf(store) });
const get = (url: string) => web.app.inject({ url, headers: { host: 'localhost' } });

describe('the report over HTTP', () => {
  it('is a page that may do nothing but be read', async () => {
    const page = await get('/api/sessions/1/report.html');
    expect(page.statusCode).toBe(200);
    expect(page.headers['content-type']).toContain('text/html');
    expect(page.headers['content-security-policy']).toBe(
      "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    );
    expect(page.body).toContain('Take 2');
  });

  it('is JSON and CSV of the same session, 0 for the present one', async () => {
    const json = (await get('/api/sessions/0/report.json')).json();
    expect(json).toMatchObject({ session: 1, takes: [{}, { verdict: 'suspect' }, {}] });
    const csv = await get('/api/sessions/1/report.csv');
    expect(csv.headers['content-disposition']).toBe('attachment; filename="lightkeeper-session-1.report.csv"');
    expect(csv.body.split('\r\n').filter((line) => line.startsWith('fault,'))).toHaveLength(json.faults.length);
  });

  it('gives markers from the zero that is asked for, and says what zero was', async () => {
    const take = await get('/api/sessions/1/markers.audacity.txt?zero=take&take=Take%202');
    expect(take.headers['x-lightkeeper-zero']).toBe('Zero is the start of Take 2.');
    expect(take.body).toContain('120.000000\t120.000000\tslip: ADAT A, 1 frames');
    const file = await get(
      `/api/sessions/1/markers.reaper.csv?zero=file&timeReference=${(12 * 3600 + 1200) * 48_000}&rateHz=48000&date=2026-05-01&zoneMin=0`,
    );
    expect(file.body).toContain('"slip: ADAT A, 1 frames",0:00.000');
    expect(
      (await get('/api/sessions/1/markers.cue.wav?zero=take&take=Take%201')).rawPayload.subarray(0, 4).toString(),
    ).toBe('RIFF');
  });

  it('refuses what there is not, with a code', async () => {
    for (const [url, status, code] of [
      ['/api/sessions/7/report.json', 404, 'journal-no-session'],
      ['/api/sessions/1/markers.reaper.csv?zero=take', 400, 'anchor-incomplete'],
      ['/api/sessions/1/markers.reaper.csv?zero=mark&mark=x', 400, 'anchor-no-mark'],
      ['/api/sessions/1/report.pdf', 400, 'web-bad-request'],
      ['/api/sessions/x/report.json', 400, 'web-bad-request'],
    ] as const) {
      const answer = await get(url);
      expect([url, answer.statusCode, answer.json().fault.code]).toEqual([url, status, code]);
    }
  });
});
