/**
 * The Raspberry Pi's boot configuration (config.txt): which I2C settings it makes, and the text that makes the right ones.
 * Only lines that hold for every board count: before the first [section], or below [all].
 */

export const I2C_HZ = 400_000;
export const BOOT_CONFIGS: readonly string[] = ['/boot/firmware/config.txt', '/boot/config.txt'];

export interface I2cBoot {
  readonly enabled: boolean;
  /** null: the firmware's own 100 kHz. */
  readonly baudrateHz: number | null;
}

/** `dtparam=a=b,c=d` lines that hold everywhere, with the place of their line. */
function parameters(text: string): { line: number; name: string; value: string }[] {
  const found: { line: number; name: string; value: string }[] = [];
  let everywhere = true;
  text.split('\n').forEach((raw, line) => {
    const content = raw.replace(/#.*/, '').trim();
    const section = /^\[(.*)\]$/.exec(content);
    if (section) everywhere = section[1] === 'all';
    if (!everywhere || !content.startsWith('dtparam=')) return;
    for (const part of content.slice('dtparam='.length).split(',')) {
      const [name = '', value = 'on'] = part.split('=').map((word) => word.trim());
      found.push({ line, name, value });
    }
  });
  return found;
}

/** i2c is the firmware's short name for the header's bus, i2c_arm. */
const isSwitch = (name: string) => name === 'i2c_arm' || name === 'i2c';
const isSpeed = (name: string) => name === 'i2c_arm_baudrate' || name === 'i2c_baudrate';

/** As the firmware reads it: the last word counts. */
export function readI2cBoot(text: string): I2cBoot {
  let enabled = false;
  let baudrateHz: number | null = null;
  for (const { name, value } of parameters(text)) {
    if (isSwitch(name)) enabled = value !== 'off' && value !== '0';
    if (isSpeed(name)) baudrateHz = Number(value) || null;
  }
  return { enabled, baudrateHz };
}

/** The text with I2C on at 400 kHz, all else as it was; the same text when nothing is to be changed. */
export function withI2c(text: string): string {
  const now = readI2cBoot(text);
  const added = [
    ...(now.enabled ? [] : ['dtparam=i2c_arm=on']),
    ...((now.baudrateHz ?? 0) >= I2C_HZ ? [] : [`dtparam=i2c_arm_baudrate=${I2C_HZ}`]),
  ];
  if (added.length === 0) return text;
  const end = text === '' || text.endsWith('\n') ? '' : '\n';
  return `${text}${end}\n[all]\n# Lightkeeper: the panel's bus, 400 kHz\n${added.join('\n')}\n`;
}
