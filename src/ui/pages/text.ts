/** Pages of words: sync, findings, patch, network, system. */

import type { Bank, Finding } from '../../monitor/snapshot.ts';
import { PAGE_HEIGHT_PX, PAGE_WIDTH_PX } from '../canvas.ts';
import { wrapText } from '../font.ts';
import { PATCH_CHANNELS, SYNC_ROWS, syncBanks } from '../navigation.ts';
import { renderQr } from '../qr.ts';
import { ageText, bankInUse, causeOf, findingsWorstFirst, isDigital, ppmText, rateText, rigSync } from '../view.ts';
import { bankWords, findingWords, proveWords } from '../wording.ts';
import { COLUMNS, drawHeader, drawRow, type PageContext, ROWS } from './frame.ts';

/** A row a bank: name, word, and what is behind the word. */
export function drawSync(page: PageContext, part: number): void {
  const { view } = page;
  const { snapshot } = view;
  const banks = syncBanks(snapshot);
  const parts = Math.max(1, Math.ceil(banks.length / SYNC_ROWS));
  drawHeader(page, { sync: rigSync(snapshot).sync, title: parts > 1 ? `CLOCKS ${part + 1}/${parts}` : 'CLOCKS' });
  const clock = snapshot.clock;
  drawRow(page, 0, `Clk ${clock.source ?? 'not told'}`, { cutToPx: 13 * 6 });
  if (clock.rateErrorPpm !== null) drawRow(page, 0, ppmText(clock.rateErrorPpm), { align: 'right' });
  banks.slice(part * SYNC_ROWS, (part + 1) * SYNC_ROWS).forEach((bank, place) => {
    const row = place + 1;
    drawRow(page, row, bank.name, { cutToPx: 7 * 6 });
    const used = bankInUse(bank, snapshot);
    const word = used ? { noLock: 'NOLOCK', lock: 'LOCK!', sync: 'SYNC', unknown: '?' }[bank.sync] : 'unused';
    drawRow(page, row, word, {}, 8 * 6);
    const tail = used ? syncTail(bank) : '';
    if (tail !== '') drawRow(page, row, tail, { align: 'right' });
  });
  if (banks.length === 0) drawRow(page, 2, 'No digital ports');
}

/** Seven characters, eight beside LOCK!: how wrong, or on what ground it is right. */
function syncTail(bank: Bank): string {
  switch (bank.sync) {
    case 'lock':
      return bank.ppm === null ? `${Math.min(9999, bank.slips)}sl` : ppmText(bank.ppm);
    case 'sync':
      if (bank.basis === 'audio' && bank.boundPpm !== null)
        return `<${bank.boundPpm < 9.95 ? bank.boundPpm.toFixed(1) : Math.round(bank.boundPpm)}ppm`;
      return { device: 'device', audio: 'audio', proof: 'PROVEN', none: '' }[bank.basis];
    case 'noLock':
    case 'unknown':
      return '';
  }
}

/** One bank's clock in words, as an engineer would say it. */
export function drawSyncBank(page: PageContext, bank: Bank): void {
  drawHeader(page, { sync: isDigital(bank) ? bank.sync : null, title: bank.name });
  drawWords(page, bankWords(bank, page.view, page.ui, page.nowMs));
}

/** The guided proof of a bank: what to do, how it goes, what came out. */
export function drawProve(page: PageContext, bank: Bank): void {
  drawHeader(page, { sync: bank.sync, title: `PROVE ${bank.name}` });
  const { prove } = page.view.snapshot;
  drawWords(page, proveWords(bank, prove?.bank === bank.id ? prove : null, page.view, page.ui, page.nowMs));
}

export function drawFinding(page: PageContext, finding: Finding | null): void {
  const { view, ui, nowMs } = page;
  if (finding === null) {
    drawHeader(page, { sync: rigSync(view.snapshot).sync, title: 'FINDINGS' });
    drawRow(page, 1, 'Nothing found wrong.');
    return;
  }
  const all = findingsWorstFirst(view.snapshot);
  const at = all.findIndex((other) => causeOf(other) === causeOf(finding)) + 1;
  const words = findingWords(finding, view, ui, nowMs);
  drawHeader(page, { sync: words.sync, title: words.title, right: all.length > 1 ? `${at}/${all.length}` : '' });
  drawWords(page, words.rows);
}

/** Wraps what is longer than a row. More than five rows: four seconds of each half in turn. */
export function drawWords(page: PageContext, rows: readonly string[]): void {
  const lines = rows.flatMap((row) =>
    [...row].length <= COLUMNS ? [row] : wrapText(page.fonts.f6x12, row, PAGE_WIDTH_PX),
  );
  const sheets = Math.max(1, Math.ceil(lines.length / ROWS));
  const sheet = Math.floor(Math.max(0, page.nowMs) / 4000) % sheets;
  lines.slice(sheet * ROWS, (sheet + 1) * ROWS).forEach((line, row) => {
    drawRow(page, row, line);
  });
}

/** What is plugged where: two columns of four channels. A dot marks signal. */
export function drawPatch(page: PageContext, bank: Bank, part: number): void {
  const { canvas, fonts, view } = page;
  const parts = Math.ceil(bank.channels.length / PATCH_CHANNELS);
  drawHeader(page, { sync: null, title: `PATCH ${parts > 1 ? `${part + 1}/${parts}` : ''}`.trim() });
  const from = bank.box === null ? bank.name : `${bank.name} < ${bank.box}`;
  drawRow(page, 0, from, { cutToPx: PAGE_WIDTH_PX });
  bank.channels.slice(part * PATCH_CHANNELS, (part + 1) * PATCH_CHANNELS).forEach((index, place) => {
    const channel = view.snapshot.channels[index - 1];
    if (channel === undefined) return;
    const x = place < 4 ? 0 : 65;
    const y = 20 + (place % 4) * 11;
    canvas.text(fonts.f5x8, x + 10, y, String(index), { align: 'right' });
    if (channel.silence === 'none') canvas.frame.fill(x + 11, y + 3, 2, 2);
    canvas.text(fonts.f5x8, x + 15, y, channel.name, { cutToPx: 45 });
  });
}

/** Upper edge of the PIN's cells. */
const PIN_Y = 47;

/** The way in for a phone: QR, address, name and PIN. */
export function drawNetwork(page: PageContext): void {
  const { canvas, fonts, view } = page;
  const network = view.network;
  if (network === null || network.url === null) {
    drawHeader(page, { sync: rigSync(view.snapshot).sync, title: 'NETWORK' });
    drawRow(page, 0, 'No phone can get in:');
    drawRow(page, 1, 'web.host is this');
    drawRow(page, 2, 'machine only, or the');
    drawRow(page, 3, 'network is down.');
    return;
  }
  const qr = renderQr(network.url);
  const sidePx = qr.length * 2;
  const boxPx = PAGE_HEIGHT_PX;
  canvas.frame.fill(0, 0, boxPx, boxPx);
  const offset = (boxPx - sidePx) >> 1;
  qr.forEach((modules, y) => {
    modules.forEach((dark, x) => {
      if (dark) canvas.frame.fill(offset + x * 2, offset + y * 2, 2, 2, false);
    });
  });
  const x = boxPx + 2;
  const room = PAGE_WIDTH_PX - x;
  const address = new URL(network.url);
  let y = 0;
  if (view.snapshot.simulated) canvas.text(fonts.f5x8, PAGE_WIDTH_PX, y, 'SIM', { align: 'right' });
  canvas.text(fonts.f5x8, x, y, 'phone');
  y += 10;
  for (const line of wrapText(fonts.f5x8, address.hostname, room).slice(0, 2)) {
    canvas.text(fonts.f5x8, x, y, line);
    y += 8;
  }
  if (address.port !== '') {
    canvas.text(fonts.f5x8, x, y, `:${address.port}`);
    y += 8;
  }
  if (network.name !== null) {
    // The name breaks at its first dot, for it seldom fits one line.
    const dot = network.name.indexOf('.');
    const twoLines = y + 2 + 16 < PIN_Y;
    const parts = dot < 0 || !twoLines ? [network.name] : [network.name.slice(0, dot), network.name.slice(dot)];
    parts.forEach((part, line) => {
      canvas.text(fonts.f5x8, x, y + 2 + line * 8, part, { cutToPx: room });
    });
  }
  if (network.pin !== null) {
    canvas.text(fonts.f5x8, x - 1, PIN_Y + 4, 'PIN');
    canvas.text(fonts.f8x16, PAGE_WIDTH_PX, PIN_Y, page.maskPin ? '******' : network.pin, {
      align: 'right',
    });
  }
}

export function drawSystem(page: PageContext): void {
  const { view } = page;
  const { snapshot, system } = view;
  drawHeader(page, { sync: rigSync(snapshot).sync, title: 'SYSTEM', right: `v${snapshot.version}` });
  const capture = snapshot.capture;
  drawRow(page, 0, capture.name === '' ? 'no device' : capture.name, { cutToPx: PAGE_WIDTH_PX });
  drawRow(page, 1, `${capture.channels} ch ${rateText(capture.rateHz)}`);
  drawRow(page, 1, `up ${ageText(snapshot.uptimeMs)}`, { align: 'right' });
  drawRow(page, 2, `xruns ${Math.min(99_999, capture.xruns)}`);
  drawRow(page, 2, `lost ${Math.min(9_999_999, capture.lostFrames)}`, { align: 'right' });
  if (system === null) return;
  const heat = system.temperatureC === null ? '' : ` ${Math.round(system.temperatureC)}\u00b0C`;
  drawRow(page, 3, `cpu ${system.cpuPercent.toFixed(1)}%${heat}`);
  drawRow(page, 3, `${Math.round(system.rssMb)} MB`, { align: 'right' });
  const hardware = [system.panel, system.buttons].filter((part) => part !== null).join('  ');
  if (hardware !== '') drawRow(page, 4, hardware, { cutToPx: PAGE_WIDTH_PX });
}
