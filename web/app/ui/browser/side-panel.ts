import { cookiePath } from './base-path.ts';

/** Reads from a Cookie header whether the panel at the page's side is hidden. */
export function isPanelHidden(cookies: string | null): boolean {
  return /(?:^|;\s*)panel=hidden(?:;|$)/.test(cookies ?? '');
}

/**
 * Hides or shows the panel where the window has room for it, and keeps that for a year in a cookie: the server reads it, so
 * that no page flashes. The style sheet does the rest (`data-panel`).
 */
export function togglePanel(): void {
  const { dataset } = document.documentElement;
  const hide = dataset.panel !== 'hidden';
  const secure = location.protocol === 'https:' ? '; Secure' : '';
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every supported browser
  document.cookie = `panel=hidden; Path=${cookiePath()}; Max-Age=${hide ? 365 * 24 * 3600 : 0}; SameSite=Lax${secure}`;
  const holder = document.activeElement;
  if (hide) dataset.panel = 'hidden';
  else delete dataset.panel;
  // The button that was pressed, or whatever had the focus in the panel, is out of sight: its counterpart has it.
  if (holder instanceof HTMLElement && holder.getClientRects().length === 0) {
    document.querySelector<HTMLElement>(hide ? '[data-panel-opener]' : '[data-panel-closer]')?.focus();
  }
}

/** Whether the window has room for the panel. */
export function hasRoomForPanel(): boolean {
  return matchMedia('(width >= 1024px)').matches;
}
