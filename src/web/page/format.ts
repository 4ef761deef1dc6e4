/** Numbers and times as a person reads them. */

/** dB with one decimal, a true minus sign, and a dash for no signal. */
export function db(value: number | null): string {
  if (value === null) return '–';
  const rounded = Math.round(value * 10) / 10;
  return `${rounded < 0 ? '−' : ''}${Math.abs(rounded).toFixed(1)}`;
}

/** Whole dB, for narrow columns. */
export function dbShort(value: number | null): string {
  if (value === null) return '–';
  const rounded = Math.round(value);
  return `${rounded < 0 ? '−' : ''}${Math.abs(rounded)}`;
}

/** Signed parts per million: as many decimals as the uncertainty deserves. */
export function ppm(value: number, uncertainty: number | null): string {
  const decimals = uncertainty !== null && uncertainty >= 5 ? 0 : uncertainty !== null && uncertainty < 0.1 ? 2 : 1;
  const text = Math.abs(value).toFixed(decimals);
  const sign = Number(text) === 0 ? '' : value < 0 ? '−' : '+';
  // Rounded up: a band that reads 0.00 would claim what nobody measured.
  const step = 10 ** decimals;
  const band = uncertainty === null ? '' : `\u00a0±${(Math.ceil(uncertainty * step) / step).toFixed(decimals)}`;
  return `${sign}${text}${band}\u00a0ppm`;
}

export function rate(rateHz: number): string {
  const kilo = rateHz / 1000;
  return `${Number.isInteger(kilo) ? kilo : kilo.toFixed(1)} kHz`;
}

/** 1:02:03 or 2:03, from milliseconds. */
export function duration(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number) => String(value).padStart(2, '0');
  const hours = Math.floor(s / 3600);
  const minutes = Math.floor(s / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(s % 60)}` : `${minutes}:${two(s % 60)}`;
}

/** 3 clips, 1 clip. */
export function count(value: number, one: string, many = `${one}s`): string {
  return `${value} ${value === 1 ? one : many}`;
}
