/**
 * The gallery: golden pictures of every page and state, and docs/panel.md made from them.
 *
 *   npm run gallery         draws them all anew: golden pictures, docs/panel.md, docs/panel/
 *   npm run test:unit       compares
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { decode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { loadFonts } from '../../src/device/panel/loadFonts.ts';
import { Framebuffer } from '../../src/ui/framebuffer.ts';
import { createPanelApp, drawPanel } from '../../src/ui/panelApp.ts';
import { framePng } from '../../src/ui/png.ts';
import { unreadable } from './readable.ts';
import { FAULT, galleryStates, SPLASH } from './states.ts';

const update = process.env.UPDATE_GOLDEN === '1';
const golden = new URL('./golden/', import.meta.url);
const docs = new URL('../../docs/', import.meta.url);
const fonts = loadFonts();
const app = createPanelApp({ fonts });
const states = galleryStates();

const pictures: { name: string; group: string; caption: string; frame: Uint8Array }[] = [
  {
    name: 'splash',
    group: 'Start',
    caption: 'Within two seconds of the start.',
    frame: app.splash(SPLASH.version, SPLASH.simulated),
  },
  {
    name: 'splash-sim',
    group: 'Start',
    caption: 'A simulated run says so from the first frame.',
    frame: app.splash(SPLASH.version, true),
  },
  {
    name: 'fault',
    group: 'Start',
    caption: 'It can not start: cause, action, code.',
    frame: app.fault(FAULT.fault, FAULT.url),
  },
  ...states.map(({ name, group, caption, view, ui, nowMs }) => ({
    name,
    group,
    caption,
    frame: app.render(view, ui, nowMs, { maskPin: false }),
  })),
];

/** The picture as text, for a message that a person can read. */
function art(frame: Uint8Array): string {
  const picture = new Framebuffer(128, 64, frame);
  const lines: string[] = [];
  for (let y = 0; y < 64; y++) {
    let line = '';
    for (let x = 0; x < 128; x++) line += picture.get(x, y) ? '#' : '.';
    lines.push(line);
  }
  return lines.join('\n');
}

function fromPng(bytes: Uint8Array): Uint8Array {
  const png = decode(bytes);
  const picture = new Framebuffer(png.width, png.height);
  for (let y = 0; y < png.height; y++)
    for (let x = 0; x < png.width; x++) picture.set(x, y, png.data[y * png.width + x]! > 127);
  return picture.bytes;
}

if (update) {
  mkdirSync(golden, { recursive: true });
  for (const { name, frame } of pictures) writeFileSync(new URL(`${name}.png`, golden), framePng(frame));
  for (const file of readdirSync(golden))
    if (!pictures.some((picture) => `${picture.name}.png` === file)) rmSync(new URL(file, golden));
  writeGallery();
}

function writeGallery(): void {
  const folder = new URL('panel/', docs);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const lines = [
    '# The panel, page by page',
    '',
    'Made by `npm run gallery`; the tests hold the program to these pictures, pixel by pixel.',
    '128 x 64 pixels, here four times as large. Two buttons: A and B step back and on, A held clears, B held shows the worst',
    'channel, both together go to the overview, both for three seconds to QR and PIN. C acknowledges, D goes home; C held opens',
    'the clocks, D held the network. Everything acts on release.',
    '',
    'Wiring on a Raspberry Pi: panel SDA to pin 3, SCL to pin 5, VCC to pin 1 (3.3 V), GND to pin 9, and `dtparam=i2c_arm=on`;',
    'button A from pin 29 (GPIO5) to ground, B from pin 31 (GPIO6) to ground, no resistors. Other lines, a third and fourth button,',
    'an alarm lamp, SSD1309 or SH1106: `panel` and `buttons` in the configuration. The cost on the bus: [panel-wire.md](panel-wire.md);',
    'from press to picture: [panel-latency.md](panel-latency.md).',
    '',
  ];
  let group = '';
  for (const picture of pictures) {
    writeFileSync(new URL(`${picture.name}.png`, folder), framePng(picture.frame, 4));
    if (picture.group !== group) {
      group = picture.group;
      lines.push(`## ${group}`, '');
    }
    lines.push(`**${picture.name}** - ${picture.caption}`, '', `![${picture.name}](panel/${picture.name}.png)`, '');
  }
  writeFileSync(new URL('panel.md', docs), lines.join('\n'));
}

describe('the gallery', () => {
  it('has at least 60 states, each with its own name', () => {
    expect(pictures.length).toBeGreaterThanOrEqual(60);
    expect(new Set(pictures.map((picture) => picture.name)).size).toBe(pictures.length);
  });

  it('has no golden picture that nothing draws', () => {
    expect(readdirSync(golden).sort()).toEqual(pictures.map((picture) => `${picture.name}.png`).sort());
  });

  it.each(pictures.map((picture) => [picture.name, picture] as const))('%s looks as it did', (name, picture) => {
    const file = fileURLToPath(new URL(`${name}.png`, golden));
    expect(existsSync(file), 'run: npm run gallery').toBe(true);
    const before = fromPng(readFileSync(file));
    if (Buffer.compare(before, picture.frame) !== 0) expect(art(picture.frame)).toBe(art(before));
  });

  it('is in docs/panel.md whole', () => {
    const text = readFileSync(new URL('panel.md', docs), 'utf8');
    for (const picture of pictures) {
      expect(text).toContain(`![${picture.name}](panel/${picture.name}.png)`);
      expect(existsSync(new URL(`panel/${picture.name}.png`, docs))).toBe(true);
    }
  });
});

describe('text on every page of the gallery', () => {
  const names = new Set(states.flatMap((state) => state.view.snapshot.channels.map((channel) => channel.name)));
  // Names that people choose may be longer than their place; nothing else may be cut.
  const theirs = (text: string) => names.has(text) || text === 'rack-2-studio-b.local' || text === 'NO SIGNAL Vox ch 5';
  it.each(states.map((state) => [state.name, state] as const))(
    '%s: none is clipped, none lies on another',
    (_name, state) => {
      const { unshifted, texts } = drawPanel(fonts, state.view, state.ui, state.nowMs);
      // Half-lit on purpose: the blink of LOCK!.
      const solid = texts.filter((text) => !(text.text === 'LOCK!' && state.name.endsWith('-blink')));
      expect(unreadable(unshifted, solid, theirs)).toEqual([]);
      // The last column and row stay free, for the picture moves by a pixel.
      for (let y = 0; y < 64; y++) expect(unshifted.get(127, y)).toBe(false);
      for (let x = 0; x < 128; x++) expect(unshifted.get(x, 63)).toBe(false);
    },
  );
});
