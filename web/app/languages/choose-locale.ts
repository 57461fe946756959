import { cookiePath } from '../ui/browser/base-path.ts';
import { type Locale, localeCookie } from './locales.ts';

/** Keeps the locale for a year in a cookie, which the server reads, and loads the page anew in it. */
export function chooseLocale(locale: Locale): void {
  const secure = location.protocol === 'https:' ? '; Secure' : '';
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every supported browser
  document.cookie = `${localeCookie}=${locale}; Path=${cookiePath()}; Max-Age=${365 * 24 * 3600}; SameSite=Lax${secure}`;
  location.reload();
}
