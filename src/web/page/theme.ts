/** Dark, light, or as the phone: kept on this phone. Dark unless it has chosen, for a control room is a dark room. */

export type Theme = 'dark' | 'light' | 'system';
/** Sent to the window after the colours have changed: a canvas must ask for them again. */
export const THEME_CHANGED = 'lightkeeper-theme';

const KEPT = 'lightkeeper-theme';
const prefersLight = matchMedia('(prefers-color-scheme: light)');

export function theme(): Theme {
  try {
    const kept = localStorage.getItem(KEPT);
    return kept === 'light' || kept === 'system' ? kept : 'dark';
  } catch {
    return 'dark';
  }
}

export function chooseTheme(chosen: Theme): void {
  try {
    localStorage.setItem(KEPT, chosen);
  } catch {
    // A phone that keeps nothing is dark again after a reload.
  }
  show(chosen);
}

function show(chosen: Theme): void {
  const light = chosen === 'light' || (chosen === 'system' && prefersLight.matches);
  document.documentElement.dataset.theme = light ? 'light' : 'dark';
  const page = getComputedStyle(document.documentElement).getPropertyValue('--page').trim();
  document.querySelector('meta[name=theme-color]')?.setAttribute('content', page);
  dispatchEvent(new Event(THEME_CHANGED));
}

/** To be called once, first of all. */
export function startTheme(): void {
  show(theme());
  prefersLight.addEventListener('change', () => show(theme()));
}
