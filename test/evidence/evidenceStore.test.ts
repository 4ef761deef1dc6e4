import { describe, expect, it } from 'vitest';
import { EVIDENCE_LIMITS, EvidenceStore, type SlipToProve } from '../../src/evidence/evidenceStore.ts';
import type { Snippet } from '../../src/evidence/snippet.ts';

const snippet = (frame: number, samples = 8): Snippet => ({
  bank: 0,
  frame,
  firstFrame: frame - 960,
  rateHz: 48000,
  channels: [13, 14],
  samples: new Int32Array(samples),
});
const slip = (frame: number, bank = 'adat-a'): SlipToProve => ({
  bank,
  name: 'ADAT A',
  box: 'OctoPre',
  kind: 'drop',
  frames: 1,
  frame,
  ppm: null,
});

describe('the store of evidence', () => {
  it('keeps what a slip looked like, also when it is proven minutes later', () => {
    const store = new EvidenceStore();
    for (let i = 0; i < 20; i++) store.add('adat-a', snippet(48000 * i));
    expect(store.list()).toEqual([]);
    store.prove(slip(48000 * 3 + 1), 500);
    expect(store.list()).toMatchObject([{ id: 'adat-a-1', frame: 144001, kind: 'drop', provenMs: 500 }]);
    expect(store.get('adat-a-1')!.snippet.frame).toBe(144000);
  });

  it('lets a suspicion go that nothing can prove any more, so that hours of them add nothing', () => {
    const store = new EvidenceStore();
    for (let minute = 0; minute < 60; minute++) store.add('adat-a', snippet(minute * 60 * 48_000));
    // The newest and those of the 20 minutes before it.
    expect(store.bytes.candidates).toBe(21 * 8 * 4);
    store.prove(slip(38 * 60 * 48_000), 1);
    expect(store.list()).toEqual([]);
    store.prove(slip(39 * 60 * 48_000), 2);
    expect(store.list()).toHaveLength(1);
  });

  it('takes a snippet that comes after its proof', () => {
    const store = new EvidenceStore();
    store.prove(slip(1000), 1);
    expect(store.list()).toEqual([]);
    store.add('adat-a', snippet(1000));
    expect(store.list()).toHaveLength(1);
  });

  it('takes no snippet of another bank or another frame', () => {
    const store = new EvidenceStore();
    store.add('adat-b', snippet(1000));
    store.add('adat-a', snippet(1003));
    store.prove(slip(1000), 1);
    expect(store.list()).toEqual([]);
  });

  it('lets the eldest go, by number and by bytes', () => {
    const store = new EvidenceStore({
      items: 3,
      bytes: 4 * 25,
      candidates: 2,
      candidateBytes: 4 * 25,
      candidateS: 1200,
    });
    for (let i = 1; i <= 5; i++) {
      store.add('adat-a', snippet(48000 * i, 5));
      store.prove(slip(48000 * i), i);
    }
    expect(store.list().map((item) => item.id)).toEqual(['adat-a-5', 'adat-a-4', 'adat-a-3']);
    expect(store.get('adat-a-1')).toBeNull();
    store.add('adat-a', snippet(9, 20));
    store.prove(slip(9), 9);
    expect(store.list().map((item) => item.id)).toEqual(['adat-a-6', 'adat-a-5']);
    expect(store.bytes.items).toBe(100);
    for (let i = 1; i <= 5; i++) store.add('adat-b', snippet(i, 5));
    store.prove(slip(3, 'adat-b'), 1);
    expect(store.list()).toHaveLength(2);
    store.prove(slip(4, 'adat-b'), 1);
    expect(store.list()[0]).toMatchObject({ bank: 'adat-b', frame: 4 });
  });

  it('stays within its bytes under a flood', () => {
    const store = new EvidenceStore();
    for (let i = 0; i < 2000; i++) {
      store.add('adat-a', snippet(i * 100, 1920 * 8));
      if (i % 2 === 0) store.prove(slip(i * 100), i);
    }
    expect(store.bytes.items).toBeLessThanOrEqual(EVIDENCE_LIMITS.bytes);
    expect(store.bytes.candidates).toBeLessThanOrEqual(EVIDENCE_LIMITS.candidateBytes);
    expect(store.list().length).toBe(EVIDENCE_LIMITS.items);
  });

  it('never takes a snippet of the stream before for one of the new', () => {
    const store = new EvidenceStore();
    store.add('adat-a', snippet(1000));
    store.prove(slip(7000), 1);
    store.newStream();
    store.prove(slip(1000), 2);
    store.add('adat-a', snippet(7000));
    expect(store.list()).toEqual([]);
  });

  it('learns the clock when it is known', () => {
    const store = new EvidenceStore();
    store.add('adat-a', snippet(1000));
    store.prove(slip(1000), 1);
    store.noteClock('adat-b', 5);
    store.noteClock('adat-a', 23.1);
    store.noteClock('adat-a', 40);
    expect(store.list()[0]!.ppm).toBe(23.1);
  });
});
