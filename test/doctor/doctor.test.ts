/** The doctor on stand-in machines: a good Raspberry Pi, and the same with one thing wrong at a time. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readI2cBoot, withI2c } from '../../src/doctor/bootConfig.ts';
import type { DoctorLine } from '../../src/doctor/checks.ts';
import { runDoctor } from '../../src/doctor/doctorCommand.ts';
import type { Probes } from '../../src/doctor/machine.ts';
import { runToEnd } from '../daemon/daemonProcess.ts';

let root = '';

/** Writes a file of the stand-in. */
function put(path: string, content: string | Uint8Array = ''): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}
const drop = (path: string) => rmSync(join(root, path), { recursive: true, force: true });
function link(path: string, target: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  symlinkSync(target, join(root, path));
}

const BOOT = '/boot/firmware/config.txt';
const USB = '/sys/bus/usb/devices';
const GOOD: Probes = { panelAddresses: () => [0x3c], chipLabel: () => 'pinctrl-bcm2711', powerSave: () => false };

function hertz(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A card as /proc/asound tells it, on a USB device. */
function interfaceAt(
  name: string,
  options: { id?: string; product?: string; speed?: number; classes?: string[] } = {},
): void {
  const { id = '1235:8215', product = 'Scarlett 18i20 USB', speed = 480, classes = ['01', '01'] } = options;
  put(`${USB}/${name}/idVendor`, `${id.split(':')[0]}\n`);
  put(`${USB}/${name}/idProduct`, `${id.split(':')[1]}\n`);
  put(`${USB}/${name}/product`, `${product}\n`);
  put(`${USB}/${name}/speed`, `${speed}\n`);
  classes.forEach((word, i) => {
    put(`${USB}/${name}:1.${i}/bInterfaceClass`, `${word}\n`);
  });
}

function controller(driver: string): void {
  drop('/sys/devices/usb-controller');
  drop(`${USB}/usb1`);
  mkdirSync(join(root, '/sys/devices/usb-controller/usb1'), { recursive: true });
  mkdirSync(join(root, `/sys/bus/platform/drivers/${driver}`), { recursive: true });
  link('/sys/devices/usb-controller/driver', join(root, `/sys/bus/platform/drivers/${driver}`));
  link(`${USB}/usb1`, join(root, '/sys/devices/usb-controller/usb1'));
}

function card(id = '1235:8215'): void {
  put('/proc/asound/cards', ' 1 [USB            ]: USB-Audio - Scarlett 18i20 USB\n                      Focusrite\n');
  put('/proc/asound/card1/usbid', `${id}\n`);
  put('/proc/asound/card1/pcm0c/info', 'name: USB Audio\n');
  put('/proc/asound/card1/pcm0c/sub0/status', 'closed\n');
}

function heldBy(command: string): void {
  put('/proc/asound/card1/pcm0c/sub0/status', 'state: RUNNING\nowner_pid   : 4242\n');
  put('/proc/4242/comm', `${command}\n`);
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lightkeeper-doctor-'));
  put('/proc/device-tree/model', 'Raspberry Pi 4 Model B Rev 1.4\0');
  put(BOOT, '[all]\ndtparam=i2c_arm=on,i2c_arm_baudrate=400000\n');
  put('/dev/i2c-1');
  put('/dev/gpiochip0');
  mkdirSync(join(root, '/sys/class/i2c-dev'), { recursive: true });
  put('/sys/class/i2c-adapter/i2c-1/of_node/clock-frequency', hertz(400_000));
  put('/etc/passwd', 'root:x:0:0::/root:/bin/sh\nlightkeeper:x:990:990::/var/lib/lightkeeper:/usr/sbin/nologin\n');
  put('/etc/group', 'audio:x:29:pi,lightkeeper\ni2c:x:998:lightkeeper\ngpio:x:997:lightkeeper\n');
  interfaceAt('1-1');
  controller('xhci_hcd');
  card();
  put('/sys/module/snd_usb_audio/parameters/autoclock', 'N\n');
  put('/sys/class/hwmon/hwmon2/name', 'rpi_volt\n');
  put('/sys/class/hwmon/hwmon2/in0_lcrit_alarm', '0\n');
  put('/sys/devices/platform/soc/soc:firmware/get_throttled', '0\n');
  mkdirSync(join(root, '/sys/class/net/wlan0/wireless'), { recursive: true });
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

async function ask(probes: Partial<Probes> = {}, fix = false) {
  const report = await runDoctor({ fix, json: true, root }, '/nowhere', { ...GOOD, ...probes });
  if (!report.ok) throw new Error(`${report.fault.code}: ${report.fault.what}`);
  const { lines, changed } = JSON.parse(report.value.text) as { lines: DoctorLine[]; changed: string[] };
  return { lines, changed, failed: report.value.failed, wrong: lines.filter((line) => line.state !== 'ok') };
}

const codes = async (probes: Partial<Probes> = {}) =>
  (await ask(probes)).wrong.map((line) => `${line.state} ${line.code}`);

describe('a good Raspberry Pi', () => {
  it('has nothing wrong, and every check says what it found', async () => {
    const { lines, wrong, failed } = await ask();
    expect(wrong).toEqual([]);
    expect(failed).toBe(false);
    expect(lines.map((line) => line.code)).toEqual([
      'host',
      'i2c',
      'panel',
      'gpio',
      'groups',
      'usb',
      'card-free',
      'traps',
      'power',
      'wifi',
    ]);
    for (const line of lines) expect(line.what).toMatch(/^\S.*\.$/);
  });
});

describe('one thing wrong, and only that is said, with a fix', () => {
  const cases: [string, () => void, string[], Partial<Probes>?][] = [
    ['a Pi 3', () => put('/proc/device-tree/model', 'Raspberry Pi 3 Model B Plus Rev 1.3\0'), ['warn host-unverified']],
    ['a Pi Zero', () => put('/proc/device-tree/model', 'Raspberry Pi Zero 2 W Rev 1.0\0'), ['warn host-unverified']],
    ['I2C off', () => [drop('/dev/i2c-1'), put(BOOT, '#dtparam=i2c_arm=on\n')], ['fail i2c-off']],
    [
      'I2C switched on for another board only',
      () => [drop('/dev/i2c-1'), put(BOOT, '[pi5]\ndtparam=i2c_arm=on\n')],
      ['fail i2c-off'],
    ],
    ['I2C on, not restarted', () => drop('/dev/i2c-1'), ['fail i2c-reboot']],
    ['i2c-dev not loaded', () => [drop('/dev/i2c-1'), drop('/sys/class/i2c-dev')], ['fail i2c-module']],
    [
      'a slow bus',
      () => [
        put('/sys/class/i2c-adapter/i2c-1/of_node/clock-frequency', hertz(100_000)),
        put(BOOT, 'dtparam=i2c_arm=on\n'),
      ],
      ['warn i2c-slow'],
    ],
    [
      'a slow bus, mended but not restarted',
      () => put('/sys/class/i2c-adapter/i2c-1/of_node/clock-frequency', hertz(100_000)),
      ['warn i2c-slow-until-reboot'],
    ],
    ['no panel', () => {}, ['fail panel-silent'], { panelAddresses: () => [] }],
    ['a bus that may not be opened', () => {}, ['warn panel-not-asked'], { panelAddresses: () => null }],
    ['no GPIO', () => drop('/dev/gpiochip0'), ['fail gpio-none']],
    ['another GPIO chip', () => {}, ['fail gpio-other'], { chipLabel: () => 'raspberrypi-exp-gpio' }],
    ['GPIO that may not be opened', () => {}, ['warn gpio-not-asked'], { chipLabel: () => null }],
    [
      'a user without groups',
      () => put('/etc/group', 'audio:x:29:lightkeeper\ni2c:x:998:\ngpio:x:997:pi\n'),
      ['fail groups-missing'],
    ],
    ['no interface', () => put('/proc/asound/cards', '--- no soundcards ---\n'), ['warn usb-no-interface']],
    ['a slow USB link', () => interfaceAt('1-1', { speed: 12 }), ['fail usb-slow']],
    ["the Pi 3's controller", () => controller('dwc_otg'), ['warn usb-controller']],
    ['a hub between', () => [drop(`${USB}/1-1`), interfaceAt('1-1.4')], ['warn usb-hub']],
    ['PipeWire on the card', () => heldBy('pipewire'), ['fail card-held']],
    ['a DAW on the card', () => heldBy('reaper'), ['fail card-held']],
    ['a Scarlett in MSD mode', () => interfaceAt('1-1', { classes: ['01', '08'] }), ['fail trap-msd']],
    [
      'an RME out of CC mode',
      () => interfaceAt('1-2', { id: '2a39:3f8c', product: 'Digiface USB', classes: ['ff'] }),
      ['fail trap-class-compliant'],
    ],
    [
      'a PreSonus without device_setup',
      () => [interfaceAt('1-1', { id: '194f:010c' }), card('194f:010c')],
      ['warn trap-device-setup'],
    ],
    [
      'a Scarlett of generation 4 without its server',
      () => [interfaceAt('1-1', { id: '1235:821d' }), card('1235:821d')],
      ['warn trap-fcp-server'],
    ],
    [
      'a driver that switches clocks',
      () => put('/sys/module/snd_usb_audio/parameters/autoclock', 'Y\n'),
      ['warn trap-autoclock'],
    ],
    ['PipeWire without our rule', () => put('/usr/bin/pipewire'), ['warn trap-pipewire']],
    ['under-voltage by the sensor', () => put('/sys/class/hwmon/hwmon2/in0_lcrit_alarm', '1\n'), ['fail power-low']],
    [
      'under-voltage by the firmware',
      () => put('/sys/devices/platform/soc/soc:firmware/get_throttled', '50005\n'),
      ['fail power-low'],
    ],
    [
      'under-voltage before',
      () => put('/sys/devices/platform/soc/soc:firmware/get_throttled', '50000\n'),
      ['warn power-was-low'],
    ],
    ['throttling', () => put('/sys/devices/platform/soc/soc:firmware/get_throttled', '4\n'), ['warn power-throttled']],
    [
      'a kernel that does not tell',
      () => [drop('/sys/class/hwmon/hwmon2'), drop('/sys/devices/platform/soc')],
      ['warn power-unknown'],
    ],
    ['Wi-Fi that saves power', () => {}, ['warn wifi-power-save'], { powerSave: () => true }],
    ['Wi-Fi that does not tell', () => {}, ['warn wifi-unknown'], { powerSave: () => null }],
  ];
  it.each(cases)('%s', async (_name, spoil, expected, probes) => {
    spoil();
    const { wrong, failed } = await ask(probes);
    expect(wrong.map((line) => `${line.state} ${line.code}`)).toEqual(expected);
    for (const line of wrong) expect(line.fix).toMatch(/^\S.*\.$/);
    expect(failed).toBe(expected.some((line) => line.startsWith('fail')));
  });

  it('has a case for every code that the doctor knows', () => {
    const known = [...readFileSync('src/doctor/checks.ts', 'utf8').matchAll(/^\s+code: '([a-z0-9-]+)',$/gm)].map(
      (m) => m[1],
    );
    const tested = cases.flatMap(([, , expected]) => expected.map((line) => line.split(' ')[1]));
    expect(known.length).toBeGreaterThan(20);
    expect([...new Set(known)].filter((code) => !tested.includes(code))).toEqual([]);
  });
});

describe('what is right though it looks odd', () => {
  it('a PC without a panel, buttons or a supply to ask', async () => {
    drop('/proc/device-tree');
    drop('/dev');
    expect(await codes({ panelAddresses: () => null, chipLabel: () => null })).toEqual([]);
  });

  it('device_setup told, a server installed, our rule in place, the program itself on the card', async () => {
    interfaceAt('1-1', { id: '194f:010c' });
    card('194f:010c');
    put('/etc/modprobe.d/studio.conf', 'options snd-usb-audio vid=0x194f pid=0x010c device_setup=1\n');
    put('/usr/bin/pipewire');
    put('/usr/lib/udev/rules.d/60-lightkeeper.rules');
    heldBy('node');
    expect(await codes()).toEqual([]);
  });

  it('no panel asked for in the settings: I2C may be off', async () => {
    put('/var/lib/lightkeeper/config.json', JSON.stringify({ version: 1, panel: { controller: 'none' } }));
    drop('/dev/i2c-1');
    expect(await codes()).toEqual([]);
  });
});

describe('--fix', () => {
  const fresh = '# For more options see the docs\ndtparam=audio=on\n\n[pi4]\narm_boost=1\n\n[cm4]\ndtoverlay=dwc2\n';

  it('switches I2C on at 400 kHz for every board, keeps all else, and keeps a copy of what was there', async () => {
    put(BOOT, fresh);
    const first = await ask({}, true);
    expect(first.changed).toEqual([expect.stringContaining('.before-lightkeeper-1')]);
    const text = readFileSync(join(root, BOOT), 'utf8');
    expect(text.startsWith(fresh)).toBe(true);
    expect(readI2cBoot(text)).toEqual({ enabled: true, baudrateHz: 400_000 });
    expect(readFileSync(join(root, `${BOOT}.before-lightkeeper-1`), 'utf8')).toBe(fresh);
    const again = await ask({}, true);
    expect(again.changed[0]).toContain('Nothing to change');
    expect(readFileSync(join(root, BOOT), 'utf8')).toBe(text);
    expect(readdirSync(join(root, dirname(BOOT))).sort()).toEqual(['config.txt', 'config.txt.before-lightkeeper-1']);
  });

  it('is never done unasked', async () => {
    put(BOOT, fresh);
    await ask();
    expect(readFileSync(join(root, BOOT), 'utf8')).toBe(fresh);
    expect(readdirSync(join(root, dirname(BOOT)))).toEqual(['config.txt']);
  });

  it('touches nothing on a PC, and says so where there is no boot configuration', async () => {
    rmSync(join(root, '/boot'), { recursive: true });
    const asked = await runDoctor({ fix: true, json: false, root }, '/nowhere', GOOD);
    expect(asked).toMatchObject({ ok: false, fault: { code: 'boot-config-missing' } });
    drop('/proc/device-tree');
    expect((await ask({}, true)).changed[0]).toContain('no Raspberry Pi');
    expect(existsSync(join(root, '/boot'))).toBe(false);
  });

  it('makes any text right, changes nothing that is right, and never loses a line', () => {
    const line = fc.constantFrom(
      'dtparam=i2c_arm=on',
      'dtparam=i2c_arm=off',
      'dtparam=i2c=on',
      '#dtparam=i2c_arm=on',
      'dtparam=i2c_arm_baudrate=100000',
      'dtparam=i2c_arm=on,i2c_arm_baudrate=1000000',
      '[all]',
      '[pi4]',
      '[none]',
      '',
      'dtoverlay=vc4-kms-v3d',
      'dtparam=audio=on # x',
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), fc.boolean(), (lines, ended) => {
        const text = lines.join('\n') + (ended ? '\n' : '');
        const mended = withI2c(text);
        const read = readI2cBoot(mended);
        expect(read.enabled && (read.baudrateHz ?? 0) >= 400_000).toBe(true);
        expect(mended.startsWith(text)).toBe(true);
        expect(withI2c(mended)).toBe(mended);
      }),
      { seed: 11 },
    );
  });
});

describe('the command', () => {
  it('prints lines for people and exits 1 when something fails, 0 when not', async () => {
    // Files alone can be asked of a copy: what needs a probe is said to be unknown.
    put(BOOT, '');
    drop('/dev/i2c-1');
    const bad = await runToEnd(['doctor', '--root', root]);
    expect(bad.code).toBe(1);
    expect(bad.out).toContain('fail  I2C is off');
    expect(bad.out).toContain('-> sudo lightkeeper doctor --fix');
    const mended = await runToEnd(['doctor', '--fix', '--json', '--root', root]);
    expect(mended.code).toBe(1);
    expect(JSON.parse(mended.out).changed).toHaveLength(1);
    put('/dev/i2c-1');
    const good = await runToEnd(['doctor', '--root', root]);
    expect(good.code).toBe(0);
    expect(good.out).toMatch(/\d+ ok, \d+ warn, 0 fail\n$/);
    expect((await runToEnd(['run', '--root', root])).code).toBe(2);
  }, 60_000);
});
