/** `GET /metrics` in Prometheus' text format (version 0.0.4): the snapshot once more, for those who graph it. */
import type { Snapshot } from '../monitor/snapshot.ts';

export interface WebFigures {
  readonly liveClients: number;
  readonly mergedFrames: number;
  readonly stalledClosed: number;
}

type Labels = Readonly<Record<string, string | number>>;

/** Label values may hold anything but a bare backslash, quote or line end. */
function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

export function prometheusText(snapshot: Snapshot, web: WebFigures): string {
  const lines: string[] = [];
  const metric = (
    name: string,
    type: 'gauge' | 'counter',
    help: string,
    samples: readonly (readonly [Labels, number | null])[],
  ) => {
    const known = samples.filter(([, value]) => value !== null);
    if (known.length === 0) return;
    lines.push(`# HELP lightkeeper_${name} ${help}`, `# TYPE lightkeeper_${name} ${type}`);
    for (const [labels, value] of known) {
      const inside = Object.entries(labels)
        .map(([label, text]) => `${label}="${escapeLabel(String(text))}"`)
        .join(',');
      lines.push(`lightkeeper_${name}${inside === '' ? '' : `{${inside}}`} ${value}`);
    }
  };
  const { capture, clock, banks, channels, findings } = snapshot;
  metric('info', 'gauge', 'Version, and whether the run is simulated.', [
    [{ version: snapshot.version, simulated: String(snapshot.simulated), source: capture.source }, 1],
  ]);
  metric('uptime_seconds', 'gauge', 'Seconds since the start of the program.', [[{}, snapshot.uptimeMs / 1000]]);
  metric('capture_running', 'gauge', '1 while frames are captured.', [[{}, capture.state === 'running' ? 1 : 0]]);
  metric('capture_rate_hertz', 'gauge', 'Nominal sample rate.', [[{}, capture.rateHz]]);
  metric('capture_frames_total', 'counter', 'Frames since the stream began.', [[{}, capture.frames]]);
  metric('capture_xruns_total', 'counter', 'Buffer overruns since the stream began.', [[{}, capture.xruns]]);
  metric('capture_usb_losses_total', 'counter', 'Times that frames were lost on USB since the stream began.', [
    [{}, capture.usbLosses],
  ]);
  metric('capture_lost_frames_total', 'counter', 'Frames known to be lost.', [[{}, capture.lostFrames]]);
  metric('clock_error_ppm', 'gauge', "The interface's rate against this box's clock.", [[{}, clock.rateErrorPpm]]);
  const bankLabels = (bank: (typeof banks)[number]) => ({ bank: bank.id, name: bank.name, box: bank.box ?? '' });
  metric(
    'bank_sync',
    'gauge',
    '1 for the sync word that holds: noLock, lock (slipping), sync, unknown.',
    banks.flatMap((bank) =>
      (['noLock', 'lock', 'sync', 'unknown'] as const).map(
        (sync) => [{ ...bankLabels(bank), sync }, bank.sync === sync ? 1 : 0] as const,
      ),
    ),
  );
  metric(
    'bank_slips_total',
    'counter',
    'Slips since the start or the last clear.',
    banks.map((bank) => [bankLabels(bank), bank.slips]),
  );
  metric(
    'bank_ppm',
    'gauge',
    "The bank's clock against the interface's.",
    banks.map((bank) => [bankLabels(bank), bank.ppm]),
  );
  const channelLabels = (channel: (typeof channels)[number]) => ({
    channel: channel.index,
    name: channel.name,
    bank: channel.bank,
  });
  metric(
    'channel_peak_dbfs',
    'gauge',
    'Peak meter; absent without signal.',
    channels.map((c) => [channelLabels(c), c.peakDbfs]),
  );
  metric(
    'channel_rms_dbfs',
    'gauge',
    'RMS over 300 ms; absent without signal.',
    channels.map((c) => [channelLabels(c), c.rmsDbfs]),
  );
  metric(
    'channel_true_peak_dbtp',
    'gauge',
    'Largest true peak since the start or the last clear.',
    channels.map((c) => [channelLabels(c), c.truePeakDbtp]),
  );
  metric(
    'channel_clips_total',
    'counter',
    'Clips since the start or the last clear.',
    channels.map((c) => [channelLabels(c), c.clips]),
  );
  metric(
    'findings',
    'gauge',
    'Findings that stand now.',
    (['alarm', 'warning', 'info'] as const).map((severity) => [
      { severity },
      findings.filter((finding) => finding.severity === severity).length,
    ]),
  );
  metric('live_clients', 'gauge', 'Open live streams.', [[{}, web.liveClients]]);
  metric('live_merged_frames_total', 'counter', 'Level frames merged for clients that were behind.', [
    [{}, web.mergedFrames],
  ]);
  metric('live_stalled_closed_total', 'counter', 'Live streams closed because they took nothing.', [
    [{}, web.stalledClosed],
  ]);
  return `${lines.join('\n')}\n`;
}
