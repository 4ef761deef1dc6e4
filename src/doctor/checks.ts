/**
 * What the doctor looks at. Each check is a function of the machine alone and gives its lines; none writes anything.
 * Codes of lines that are not ok are listed in docs/errors.md like every other.
 */
import type { Config } from '../config/schema.ts';
import { type Card, listCards, pcmHolder } from '../device/alsa/cards.ts';
import { firstUsbCapture } from '../device/alsa/findCard.ts';
import { HEADER_CHIPS } from '../device/gpio/chardev.ts';
import { BOOT_CONFIGS, I2C_HZ, readI2cBoot } from './bootConfig.ts';
import { type Machine, type UsbDevice, usbDevices } from './machine.ts';

export type DoctorState = 'ok' | 'warn' | 'fail';

export interface DoctorLine {
  /** Stable; for an ok line the name of the check. */
  readonly code: string;
  readonly state: DoctorState;
  /** One sentence of what was found. */
  readonly what: string;
  /** One sentence of what to do; null: nothing. */
  readonly fix: string | null;
}

export interface DoctorInputs {
  readonly machine: Machine;
  readonly config: Config;
  /** Name of the user that the program runs as. */
  readonly user: string;
}

const fine = (code: string, what: string): DoctorLine => ({ code, state: 'ok', what, fix: null });
const warn = (line: { code: string; what: string; fix: string }): DoctorLine => ({ ...line, state: 'warn' });
const fail = (line: { code: string; what: string; fix: string }): DoctorLine => ({ ...line, state: 'fail' });

export const isPi = (machine: Machine) => (machine.text('/proc/device-tree/model') ?? '').includes('Raspberry Pi');

/** Every check, in the order of the report. */
export function examine(inputs: DoctorInputs): DoctorLine[] {
  return [host, i2c, panel, gpio, groups, usb, holder, traps, power, wireless].flatMap((check) => check(inputs));
}

function host({ machine }: DoctorInputs): DoctorLine[] {
  const model = machine.text('/proc/device-tree/model');
  if (model === null || !isPi(machine)) return [fine('host', 'No Raspberry Pi: panel and buttons as configured.')];
  // raspberrypi/linux 2215: high-speed isochronous transfers of their one USB controller are best effort.
  if (/Pi (3|2|Zero)\b/.test(model)) {
    return [
      warn({
        code: 'host-unverified',
        what: `${model}: its USB controller may lose samples of many channels.`,
        fix: 'Use a Raspberry Pi 4 or 5 for more than a few channels.',
      }),
    ];
  }
  return [fine('host', `${model}.`)];
}

function i2c({ machine, config }: DoctorInputs): DoctorLine[] {
  const { bus, controller } = config.panel;
  if (controller === 'none' || (controller === 'auto' && !isPi(machine))) {
    return [fine('i2c', 'No panel is asked for.')];
  }
  const file = BOOT_CONFIGS.find((path) => machine.exists(path)) ?? null;
  const boot = file === null ? null : readI2cBoot(machine.text(file) ?? '');
  if (!machine.exists(`/dev/i2c-${bus}`)) {
    if (boot?.enabled && machine.exists('/sys/class/i2c-adapter') && !machine.exists('/sys/class/i2c-dev')) {
      return [
        fail({
          code: 'i2c-module',
          what: 'The module i2c-dev is not loaded.',
          fix: 'sudo modprobe i2c-dev; and put i2c-dev into a file of /etc/modules-load.d/.',
        }),
      ];
    }
    if (boot?.enabled) {
      return [
        fail({
          code: 'i2c-reboot',
          what: `I2C is switched on in ${file}, and /dev/i2c-${bus} is not there.`,
          fix: 'Restart the Pi; if it stays so, check panel.bus in the settings.',
        }),
      ];
    }
    return [
      fail({
        code: 'i2c-off',
        what: `I2C is off: there is no /dev/i2c-${bus}.`,
        fix: 'sudo lightkeeper doctor --fix switches it on; then restart the Pi.',
      }),
    ];
  }
  const hz = busHz(machine, bus) ?? boot?.baudrateHz ?? null;
  if (hz === null && boot === null) return [fine('i2c', `/dev/i2c-${bus} is there; its speed is not told.`)];
  // The firmware's default.
  const speedHz = hz ?? 100_000;
  if (speedHz >= I2C_HZ) return [fine('i2c', `/dev/i2c-${bus} is there, at ${speedHz / 1000} kHz.`)];
  if ((boot?.baudrateHz ?? 0) >= I2C_HZ) {
    return [
      warn({
        code: 'i2c-slow-until-reboot',
        what: `The panel's bus still runs at ${speedHz / 1000} kHz.`,
        fix: 'Restart the Pi: the boot configuration is right.',
      }),
    ];
  }
  return [
    warn({
      code: 'i2c-slow',
      what: `The panel's bus runs at ${speedHz / 1000} kHz: a whole picture takes ${Math.round(10_000_000 / speedHz)} ms.`,
      fix: 'sudo lightkeeper doctor --fix sets 400 kHz; then restart the Pi.',
    }),
  ];
}

/** Speed of an I2C bus from the device tree: big-endian, Hz. */
function busHz(machine: Machine, bus: number): number | null {
  const bytes = machine.bytes(`/sys/class/i2c-adapter/i2c-${bus}/of_node/clock-frequency`);
  return bytes === null || bytes.length < 4 ? null : bytes.readUInt32BE(0);
}

function panel({ machine, config }: DoctorInputs): DoctorLine[] {
  const { bus, controller } = config.panel;
  if (controller === 'none' || (controller === 'auto' && !isPi(machine)) || !machine.exists(`/dev/i2c-${bus}`))
    return [];
  const found = machine.probes.panelAddresses(bus);
  if (found === null) {
    return [
      warn({
        code: 'panel-not-asked',
        what: `/dev/i2c-${bus} can not be opened, so the panel was not asked.`,
        fix: 'Run it as root: sudo lightkeeper doctor.',
      }),
    ];
  }
  if (found.length > 0) return [fine('panel', `A panel answers at 0x${found[0]!.toString(16)} on bus ${bus}.`)];
  return [
    fail({
      code: 'panel-silent',
      what: `No panel answers at 0x3c or 0x3d on bus ${bus}.`,
      fix: 'Check its four wires (3V3, GND, SDA to pin 3, SCL to pin 5); some boards need their address jumper set.',
    }),
  ];
}

function gpio({ machine, config }: DoctorInputs): DoctorLine[] {
  const { chip, lines } = config.buttons;
  if (lines === null && chip === null && !isPi(machine)) return [fine('gpio', 'No buttons are asked for.')];
  const chips = machine.names('/dev').filter((name) => /^gpiochip\d+$/.test(name));
  const labels = chips.map((name) => machine.probes.chipLabel(`/dev/${name}`));
  const wanted = chip === null ? HEADER_CHIPS : [chip];
  const found = labels.find((label) => label !== null && wanted.includes(label));
  if (found !== undefined && found !== null) return [fine('gpio', `GPIO chip ${found}.`)];
  if (chips.length === 0) {
    return [
      fail({
        code: 'gpio-none',
        what: 'There is no GPIO character device.',
        fix: 'Use a kernel of version 5.10 or newer with CONFIG_GPIO_CDEV.',
      }),
    ];
  }
  if (labels.every((label) => label === null)) {
    return [
      warn({
        code: 'gpio-not-asked',
        what: 'No GPIO chip can be opened.',
        fix: 'Run it as root: sudo lightkeeper doctor.',
      }),
    ];
  }
  return [
    fail({
      code: 'gpio-other',
      what: `No GPIO chip is called ${wanted.join(' or ')}; here: ${labels.filter((label) => label !== null).join(', ')}.`,
      fix: 'Set buttons.chip to one of these.',
    }),
  ];
}

function groups({ machine, user }: DoctorInputs): DoctorLine[] {
  const wanted = isPi(machine) ? ['audio', 'i2c', 'gpio'] : ['audio'];
  if (user === 'root') return [fine('groups', 'Root may use every device.')];
  const lines = (machine.text('/etc/group') ?? '').split('\n').map((line) => line.split(':'));
  const primary = (machine.text('/etc/passwd') ?? '')
    .split('\n')
    .map((line) => line.split(':'))
    .find(([name]) => name === user)?.[3];
  const missing = wanted.filter((group) => {
    const line = lines.find(([name]) => name === group);
    return line === undefined || !((line[3] ?? '').split(',').includes(user) || line[2] === primary);
  });
  if (missing.length === 0) return [fine('groups', `User ${user} is in ${wanted.join(', ')}.`)];
  return [
    fail({
      code: 'groups-missing',
      what: `User ${user} is not in ${missing.join(', ')}.`,
      fix: `sudo usermod -aG ${missing.join(',')} ${user}; then restart the program.`,
    }),
  ];
}

/** The card that the configuration means, as /proc/asound tells it; null: not here. */
function chosenCard(machine: Machine, config: Config): Card | null {
  const cards = listCards(machine.at('/proc/asound'));
  const { device } = config.capture;
  if (device === 'auto') return firstUsbCapture(cards);
  if (/^[0-9a-f]{4}:[0-9a-f]{4}$/.test(device)) return cards.find((card) => card.usbId === device) ?? null;
  const number = /^hw:(\d+)/.exec(device)?.[1];
  return (
    cards.find((card) => (number === undefined ? device.includes(card.id) : card.number === Number(number))) ?? null
  );
}

/** Interleaved 24-bit capture at 48 kHz that high-speed isochronous transfers carry: about 64 channels. */
const HIGH_SPEED_MBPS = 480;

function usb({ machine, config }: DoctorInputs): DoctorLine[] {
  const card = chosenCard(machine, config);
  if (card === null) {
    return [
      warn({
        code: 'usb-no-interface',
        what: 'The interface is not here.',
        fix: 'Plug it in and switch it on, then ask again.',
      }),
    ];
  }
  const device = usbDevices(machine).find((one) => one.id === card.usbId);
  if (device === undefined) return [fine('usb', `${card.name} is no USB device.`)];
  const lines: DoctorLine[] = [];
  if (device.speedMbps < HIGH_SPEED_MBPS) {
    lines.push(
      fail({
        code: 'usb-slow',
        what: `${card.name} runs at ${device.speedMbps} Mbit/s: that carries a few channels only.`,
        fix: 'Use its own cable, straight into a USB port of the Pi, without an old hub.',
      }),
    );
  } else {
    const on = device.controller === null ? '' : `, on a controller of ${device.controller}`;
    lines.push(fine('usb', `${card.name} at ${device.speedMbps} Mbit/s${on}.`));
  }
  lines.push(...usbPath(device, card));
  return lines;
}

function usbPath(device: UsbDevice, card: Card): DoctorLine[] {
  const lines: DoctorLine[] = [];
  if (device.controller !== null && /^dwc/.test(device.controller)) {
    lines.push(
      warn({
        code: 'usb-controller',
        what: `The USB controller is ${device.controller}, whose steady transfers are best effort.`,
        fix: 'Use a Raspberry Pi 4 or 5.',
      }),
    );
  }
  if (device.behindHub) {
    lines.push(
      warn({
        code: 'usb-hub',
        what: `${card.name} hangs on a hub (${device.name}); a Pi 4 has one inside.`,
        fix: 'If samples are lost, plug it into another port, with nothing else busy on the same hub.',
      }),
    );
  }
  return lines;
}

const OWN_PROGRAMS = /^(node|MainThread|lightkeeper)/;

function holder({ machine, config }: DoctorInputs): DoctorLine[] {
  const card = chosenCard(machine, config);
  const device = card?.capture[0]?.device;
  if (card === null || device === undefined) return [];
  const held = pcmHolder(card.number, device, machine.at('/proc/asound'));
  if (held === null) return [fine('card-free', `Nobody holds ${card.name}.`)];
  const command = machine.text(`/proc/${held.pid}/comm`) ?? `process ${held.pid}`;
  if (OWN_PROGRAMS.test(command)) return [fine('card-free', `Lightkeeper itself has ${card.name} open.`)];
  return [
    fail({
      code: 'card-held',
      what: `${command} (process ${held.pid}) holds ${card.name}.`,
      fix: /pipewire|wireplumber|pulseaudio/.test(command)
        ? 'Install the package, whose udev rule hides the interface from it, and plug the interface in again.'
        : `End ${command}, or let it record and judge the files with lightkeeper analyze.`,
    }),
  ];
}

/** USB vendors. */
const FOCUSRITE = '1235';
const RME = '2a39';
/** Scarlett 4th generation 16i16, 18i16, 18i20: their controls go through a program in user space (fcp-support). */
const FCP_SERVER_IDS: readonly string[] = ['1235:821b', '1235:821c', '1235:821d'];
/** Studio 1810c, and the 1824c on some kernels: the driver shows 4 of 8 ADAT channels unless told (sound/usb/quirks.c). */
const PRESONUS_IDS: readonly string[] = ['194f:010c', '194f:010d'];

function traps({ machine }: DoctorInputs): DoctorLine[] {
  const lines: DoctorLine[] = [];
  const cards = listCards(machine.at('/proc/asound'));
  for (const device of usbDevices(machine)) {
    const vendor = device.id.split(':')[0];
    const asCard = cards.some((card) => card.usbId === device.id);
    if (vendor === FOCUSRITE && device.classes.includes('08')) {
      lines.push(
        fail({
          code: 'trap-msd',
          what: `${device.product} is in MSD mode: it shows itself as a disk, and some of its functions are off.`,
          fix: 'Switch it on while its 48V button is held down, or open the Start Here link on a computer once.',
        }),
      );
    }
    if (vendor === RME && !asCard) {
      lines.push(
        fail({
          code: 'trap-class-compliant',
          what: `${device.product} is not in class-compliant mode: Linux sees no sound card.`,
          fix: 'Switch it to CC mode in its own setup menu, then plug it in again.',
        }),
      );
    }
    if (PRESONUS_IDS.includes(device.id) && asCard && !deviceSetup(machine)) {
      lines.push(
        warn({
          code: 'trap-device-setup',
          what: `${device.product}: the driver may show 4 of its 8 ADAT channels.`,
          fix: 'Put "options snd_usb_audio device_setup=1" into a file of /etc/modprobe.d/, then plug it in again.',
        }),
      );
    }
    if (FCP_SERVER_IDS.includes(device.id) && !machine.exists('/usr/bin/fcp-server')) {
      lines.push(
        warn({
          code: 'trap-fcp-server',
          what: `${device.product} shows its clock and lock controls only with fcp-server, which is not installed.`,
          fix: 'Install fcp-support from its maker; without it the verdict comes from the audio alone.',
        }),
      );
    }
  }
  const autoclock = machine.text('/sys/module/snd_usb_audio/parameters/autoclock');
  if (autoclock === 'Y' || autoclock === '1') {
    lines.push(
      warn({
        code: 'trap-autoclock',
        what: 'The driver may switch the interface to another clock source when it is opened.',
        fix: 'Put "options snd_usb_audio autoclock=0" into a file of /etc/modprobe.d/ and restart; the package does.',
      }),
    );
  }
  const hidden = ['/usr/lib/udev/rules.d', '/lib/udev/rules.d', '/etc/udev/rules.d'].some((folder) =>
    machine.names(folder).includes('60-lightkeeper.rules'),
  );
  if (machine.exists('/usr/bin/pipewire') && !hidden) {
    lines.push(
      warn({
        code: 'trap-pipewire',
        what: 'PipeWire is installed and may take the interface.',
        fix: 'Install the package, whose udev rule hides the chosen interface from it.',
      }),
    );
  }
  return lines.length > 0 ? lines : [fine('traps', 'No trap of a maker or a driver.')];
}

/** device_setup is told to the driver, loaded or to come. */
function deviceSetup(machine: Machine): boolean {
  const now = machine.text('/sys/module/snd_usb_audio/parameters/device_setup') ?? '';
  if (now.split(',').some((value) => Number(value) > 0)) return true;
  return ['/etc/modprobe.d', '/usr/lib/modprobe.d'].some((folder) =>
    machine
      .names(folder)
      .some((name) =>
        /^\s*options\s+snd[_-]usb[_-]audio\b.*device_setup=/m.test(machine.text(`${folder}/${name}`) ?? ''),
      ),
  );
}

/** Bits of the firmware's throttled word (raspberrypi documentation of vcgencmd get_throttled). */
const UNDER_VOLTAGE_NOW = 1 << 0;
const THROTTLED_NOW = 1 << 2;
const UNDER_VOLTAGE_SINCE_BOOT = 1 << 16;

function power({ machine }: DoctorInputs): DoctorLine[] {
  if (!isPi(machine)) return [];
  const sensor = machine
    .names('/sys/class/hwmon')
    .find((name) => machine.text(`/sys/class/hwmon/${name}/name`) === 'rpi_volt');
  const alarm = sensor === undefined ? null : machine.text(`/sys/class/hwmon/${sensor}/in0_lcrit_alarm`);
  const word = machine.text('/sys/devices/platform/soc/soc:firmware/get_throttled');
  const bits = word === null ? null : Number.parseInt(word, 16);
  if (alarm === null && bits === null) {
    return [
      warn({
        code: 'power-unknown',
        what: 'This kernel does not tell whether the power suffices.',
        fix: 'Ask vcgencmd get_throttled: 0x0 is good.',
      }),
    ];
  }
  if (alarm === '1' || ((bits ?? 0) & UNDER_VOLTAGE_NOW) !== 0) {
    return [
      fail({
        code: 'power-low',
        what: 'The supply is below 4.63 V now: USB may fail.',
        fix: "Use the Pi's own supply and a short, thick cable; power the interface by itself.",
      }),
    ];
  }
  const lines: DoctorLine[] = [];
  if (((bits ?? 0) & THROTTLED_NOW) !== 0) {
    lines.push(
      warn({
        code: 'power-throttled',
        what: 'The processor runs slower than it could: too warm, or too little power.',
        fix: 'Give it air or a heat sink; check the supply.',
      }),
    );
  }
  if (((bits ?? 0) & UNDER_VOLTAGE_SINCE_BOOT) !== 0) {
    lines.push(
      warn({
        code: 'power-was-low',
        what: 'The supply was below 4.63 V since the start.',
        fix: "Use the Pi's own supply and a short, thick cable.",
      }),
    );
  }
  return lines.length > 0 ? lines : [fine('power', 'The power suffices.')];
}

function wireless({ machine }: DoctorInputs): DoctorLine[] {
  return machine
    .names('/sys/class/net')
    .filter((name) => machine.exists(`/sys/class/net/${name}/wireless`))
    .map((name) => {
      const saves = machine.probes.powerSave(name);
      if (saves === null) {
        return warn({
          code: 'wifi-unknown',
          what: `Whether ${name} saves power is not told.`,
          fix: `sudo apt install iw, then: iw dev ${name} get power_save.`,
        });
      }
      if (!saves) return fine('wifi', `${name} does not save power.`);
      return warn({
        code: 'wifi-power-save',
        what: `${name} saves power: the page may answer late or vanish.`,
        fix: `sudo iw dev ${name} set power_save off; for good: nmcli connection modify <name> 802-11-wireless.powersave 2.`,
      });
    });
}
