// Dark or light: the person's choice, else the system's, followed while it changes.
export type Theme = 'dark' | 'light';

const STORED = 'synctv.theme';
const isTheme = (s: string | null): s is Theme => s === 'dark' || s === 'light';

/** The person's own choice, or null while the system's counts. */
export function chosenTheme(): Theme | null {
  const stored = localStorage.getItem(STORED);
  return isTheme(stored) ? stored : null;
}

/** Stores a choice (null: follow the system again) and shows it. */
export function chooseTheme(choice: Theme | null): void {
  if (choice) localStorage.setItem(STORED, choice);
  else localStorage.removeItem(STORED);
  show();
}

/** Shows the theme and keeps following the system for the life of the page. */
export function startTheme(): void {
  light().addEventListener('change', show);
  show();
}

const light = (): MediaQueryList => matchMedia('(prefers-color-scheme: light)');

function show(): void {
  document.documentElement.dataset['theme'] = chosenTheme() ?? (light().matches ? 'light' : 'dark');
}
