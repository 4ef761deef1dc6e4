#!/usr/bin/env node
/** What npm start and the lightkeeper command run: words in, exit code out. Never a stack trace for a user's mistake. */
import { readFileSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { uptime } from 'node:os';
import { HELP, parseCommandLine } from './cli.ts';
import { assertNever, type Fault } from './fault.ts';
import { CRASHES_TO_SAFE, openStartLedger } from './startLedger.ts';
import { stateFolder } from './stateFolder.ts';
import { readPinFile } from './web/pinFile.ts';

const version = (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string })
  .version;

function fail(fault: Fault): number {
  process.stderr.write(`lightkeeper: [${fault.code}] ${fault.what} ${fault.fix}\n`);
  return fault.code === 'usage' ? 2 : 1;
}

/** From Node 22 on: the service's next start takes its code compiled from there. */
function keepCompiledCode(folder: string | undefined): void {
  const { enableCompileCache } = nodeModule as { enableCompileCache?: (folder: string) => unknown };
  if (folder !== undefined) enableCompileCache?.(folder);
}

/** 40 characters and a percentage. */
function progressBar(done: number): string {
  const full = Math.round(done * 40);
  return `[${'#'.repeat(full)}${'.'.repeat(40 - full)}] ${Math.floor(done * 100)} %`;
}

async function main(words: readonly string[]): Promise<number> {
  const request = parseCommandLine(words);
  if (!request.ok) return fail(request.fault);
  switch (request.value.command) {
    case 'help':
      process.stdout.write(`${HELP}\n`);
      return 0;
    case 'version':
      process.stdout.write(`lightkeeper ${version}\n`);
      return 0;
    case 'list': {
      const { printCards } = await import('./list.ts');
      const listed = printCards((line) => process.stdout.write(`${line}\n`));
      return listed.ok ? 0 : fail(listed.fault);
    }
    case 'dump': {
      const { dumpText } = await import('./dump.ts');
      const dumped = dumpText(request.value.device);
      if (!dumped.ok) return fail(dumped.fault);
      process.stdout.write(dumped.value);
      return 0;
    }
    case 'plan': {
      const { runPlan } = await import('./guide/planCommand.ts');
      const { loadInterfaceTable } = await import('./device/interfaces/interfaceTable.ts');
      const planned = await runPlan(request.value.options, loadInterfaceTable().maps);
      if (!planned.ok) return fail(planned.fault);
      process.stdout.write(planned.value);
      return 0;
    }
    case 'analyze': {
      const { runAnalyze } = await import('./analyze/analyzeCommand.ts');
      const bar = process.stderr.isTTY === true;
      const analyzed = await runAnalyze(
        request.value.options,
        bar ? (done) => void process.stderr.write(`\r${progressBar(done)}`) : null,
      );
      if (bar) process.stderr.write('\r\x1b[K');
      if (!analyzed.ok) return fail(analyzed.fault);
      process.stdout.write(analyzed.value);
      return 0;
    }
    case 'report': {
      const { runReport } = await import('./report/reportCommand.ts');
      const made = await runReport(request.value.options, request.value.stateDir);
      if (!made.ok) return fail(made.fault);
      process.stdout.write(made.value.text);
      return 0;
    }
    case 'prove': {
      const { runProve } = await import('./prove/proveCommand.ts');
      const onTerminal = process.stderr.isTTY === true;
      const proven = runProve(
        request.value.options,
        onTerminal ? (line) => void process.stderr.write(`\r\x1b[K${line}`) : null,
      );
      if (onTerminal) process.stderr.write('\r\x1b[K');
      if (!proven.ok) return fail(proven.fault);
      process.stdout.write(proven.value.text);
      return { passed: 0, failed: 1, unclear: 3, listening: 3, measuring: 3 }[proven.value.state];
    }
    case 'doctor': {
      const { runDoctor } = await import('./doctor/doctorCommand.ts');
      const report = await runDoctor(request.value.options, stateFolder(request.value.stateDir));
      if (!report.ok) return fail(report.fault);
      process.stdout.write(report.value.text);
      return report.value.failed ? 1 : 0;
    }
    case 'pin': {
      const pin = readPinFile(stateFolder(request.value.stateDir));
      if (!pin.ok) return fail(pin.fault);
      process.stdout.write(`${pin.value}\n`);
      return 0;
    }
    case 'run': {
      const { options } = request.value;
      keepCompiledCode(process.env.CACHE_DIRECTORY);
      // Before anything else is loaded: what brings the program down may be what is loaded.
      const folder = process.env.RUNTIME_DIRECTORY;
      const ledger = folder === undefined ? null : openStartLedger(folder, uptime());
      const safe = options.safe || (ledger !== null && ledger.crashes >= CRASHES_TO_SAFE);
      const { runLightkeeper } = await import('./main.ts');
      const ended = await runLightkeeper(options, { version, ledger, safe });
      return ended.ok ? 0 : fail(ended.fault);
    }
    default:
      return assertNever(request.value);
  }
}

process.exitCode = await main(process.argv.slice(2));
