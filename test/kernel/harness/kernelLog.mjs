// What the guest's kernel warned of.

/**
 * First line of the first warning in a kernel log, or null. A warning's report goes from "cut here" to "end trace"; one
 * whose report has any of the words in `provoked` does not count.
 */
export function complaintOf(log, provoked) {
  const report = /-{12}\[ cut here \]-{12}[\s\S]*?---\[ end trace [0-9a-f]+ \]---/g;
  const rest = log.replaceAll(report, (text) => (provoked.some((words) => text.includes(words)) ? '' : text));
  return /^.*(?:BUG: |WARNING: |Oops|general protection fault|Call Trace).*$/m.exec(rest)?.[0].trim() ?? null;
}

/**
 * Line of the kernel's own crash in a kernel log, or null: it read or wrote where it must not, and nothing that is measured in that
 * guest from then on says anything of the product. Debian 12's kernel does so once in a while after a simulated GPIO chip was
 * removed with its lines in use: the name of a freed directory of /proc/irq stays in its tables.
 */
export function crashOf(log) {
  return (
    /^.*(?:BUG: unable to handle|BUG: kernel NULL pointer|Oops: |general protection fault).*$/m.exec(log)?.[0].trim() ??
    null
  );
}
