import { describe, expect, it } from 'vitest';
import { Acknowledgements, FORGET_MS } from '../../src/monitor/acknowledgements.ts';
import type { Finding } from '../../src/monitor/snapshot.ts';

const finding = (part: Partial<Finding> = {}): Finding => ({
  code: 'bank-slips',
  severity: 'alarm',
  where: 'OctoPre',
  symptom: '',
  cause: '',
  fix: '',
  confidence: 'high',
  sinceMs: 0,
  ...part,
});
const quiet = (list: readonly Finding[]) => list.map(({ acknowledged }) => acknowledged);

describe('acknowledged findings', () => {
  it('stay listed, quiet', () => {
    const board = new Acknowledgements();
    expect(quiet(board.mark([finding()], 0))).toEqual([false]);
    expect(board.acknowledge('bank-slips', 'OctoPre', 10)).toEqual({ ok: true, value: null });
    expect(quiet(board.mark([finding({ symptom: 'slipped 7 times' })], 20))).toEqual([true]);
  });

  it('by place, or all of a code at once', () => {
    const board = new Acknowledgements();
    const two = [finding(), finding({ where: 'ADA8200' })];
    board.mark(two, 0);
    board.acknowledge('bank-slips', 'ADA8200', 0);
    expect(quiet(board.mark(two, 1))).toEqual([false, true]);
    board.acknowledge('bank-slips', null, 2);
    expect(quiet(board.mark(two, 3))).toEqual([true, true]);
  });

  it('are loud again when they get worse', () => {
    const board = new Acknowledgements();
    board.mark([finding({ severity: 'warning' })], 0);
    board.acknowledge('bank-slips', null, 0);
    expect(quiet(board.mark([finding({ severity: 'warning' })], 1))).toEqual([true]);
    expect(quiet(board.mark([finding()], 2))).toEqual([false]);
    // And stay so: it was the milder one that was taken note of.
    expect(quiet(board.mark([finding({ severity: 'warning' })], 3))).toEqual([false]);
  });

  it('are loud again when they come back after a minute, not when they only flicker', () => {
    const board = new Acknowledgements();
    board.mark([finding()], 0);
    board.acknowledge('bank-slips', null, 0);
    board.mark([], 1000);
    expect(quiet(board.mark([finding()], FORGET_MS - 1))).toEqual([true]);
    board.mark([], FORGET_MS);
    board.mark([], 2 * FORGET_MS);
    expect(quiet(board.mark([finding()], 2 * FORGET_MS + 1))).toEqual([false]);
  });

  it('of nothing that stands is refused', () => {
    const board = new Acknowledgements();
    expect(board.acknowledge('bank-slips', null, 0)).toMatchObject({
      ok: false,
      fault: { code: 'acknowledge-nothing' },
    });
    board.mark([finding()], 0);
    expect(board.acknowledge('bank-slips', 'Elsewhere', 0).ok).toBe(false);
  });
});
