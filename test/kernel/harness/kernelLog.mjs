// What the guest's kernel warned of.

/**
 * First line of the first warning in a kernel log, or null. A warning's report goes from "cut here" to "end trace"; one
 * whose report has any of the words in `provoked` does not count.
 */
export function complaintOf(log, provoked) {
  const report = /-{12}\[ cut here \]-{12}[\s\S]*?---\[ end trace [0-9a-f]+ \]---/g;
  const rest = log.replaceAll(report, (text) => (provoked.some((words) => text.includes(words)) ? '' : text));
  return /^.*(?:BUG: |WARNING: |Oops|Call Trace).*$/m.exec(rest)?.[0].trim() ?? null;
}
