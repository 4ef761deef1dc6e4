import { describe, expect, it } from 'vitest';

const { complaintOf, crashOf } = (await import(new URL('./kernel/harness/kernelLog.mjs', import.meta.url).href)) as {
  complaintOf: (log: string, provoked: readonly string[]) => string | null;
  crashOf: (log: string) => string | null;
};

const QUIET = '[    2.012646] FS-Cache: Loaded\n[   13.697379] fuse: init (API version 7.38)\n';
const WARNED = `${QUIET}[   52.739800] ------------[ cut here ]------------
[   52.739802] remove_proc_entry: removing non-empty directory 'irq/30', leaking at least 'lightkeeper'
[   52.739837] WARNING: CPU: 0 PID: 125 at fs/proc/generic.c:740 remove_proc_entry+0x19f/0x1b0
[   52.739983] Call Trace:
[   52.740404] ---[ end trace 0000000000000000 ]---
`;
const CRASHED = `${WARNED}[   54.766896] general protection fault, probably for non-canonical address 0xe8515235d628f454: 0000 [#1] PREEMPT SMP NOPTI
[   54.767055] Call Trace:
`;

describe("what the test machine's kernel says", () => {
  it('counts a warning against the product, unless the scenario provoked it', () => {
    expect(complaintOf(QUIET, [])).toBe(null);
    expect(complaintOf(WARNED, [])).toContain('WARNING');
    expect(complaintOf(WARNED, ["leaking at least 'lightkeeper'"])).toBe(null);
  });

  it("tells the kernel's own crash from a warning, and excuses it by nothing", () => {
    expect(crashOf(QUIET)).toBe(null);
    expect(crashOf(WARNED)).toBe(null);
    expect(crashOf(CRASHED)).toContain('general protection fault');
    expect(crashOf('[ 1.0] BUG: unable to handle page fault for address: 0')).not.toBe(null);
    expect(complaintOf(CRASHED, ["leaking at least 'lightkeeper'"])).toContain('general protection fault');
  });
});
