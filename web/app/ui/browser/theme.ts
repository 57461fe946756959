import { cookiePath } from './base-path.ts';

export const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

const cookieName = 'theme';

/** Reads the theme from a Cookie header; `system` if none was chosen. */
export function readTheme(cookies: string | null): Theme {
  const value = cookies?.match(/(?:^|;\s*)theme=(light|dark)(?:;|$)/)?.[1];
  return value === 'light' || value === 'dark' ? value : 'system';
}

/** The ground's colour in each look, as browsers draw their bars: app.css has it as `--background`. */
const grounds = { light: '#fbfbf9', dark: '#12161a' };

/** The colour of the browser's bars with this theme, where the system is light or dark. */
export function barColour(theme: Theme, system: 'light' | 'dark'): string {
  return grounds[theme === 'system' ? system : theme];
}

/** Shows the theme at once and keeps it for a year, in a cookie: the server reads it, so that no page flashes. */
export function chooseTheme(theme: Theme): void {
  const secure = location.protocol === 'https:' ? '; Secure' : '';
  const age = theme === 'system' ? 0 : 365 * 24 * 3600;
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every supported browser
  document.cookie = `${cookieName}=${theme}; Path=${cookiePath()}; Max-Age=${age}; SameSite=Lax${secure}`;
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  for (const system of ['light', 'dark'] as const) {
    const meta = document.querySelector(`meta[name="theme-color"][media*="${system}"]`);
    meta?.setAttribute('content', barColour(theme, system));
  }
}
