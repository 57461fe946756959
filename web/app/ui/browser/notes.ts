import { basePath } from './base-path.ts';

/** What the member of this browser wants to be told while another window is in front. */
const key = 'notes';

/** Whether notes can be shown here: `off` and `on` are the member's choice, `blocked` is the browser's setting. */
export type Notes = 'impossible' | 'blocked' | 'off' | 'on';

export function readNotes(): Notes {
  if (typeof Notification === 'undefined') return 'impossible';
  if (Notification.permission === 'denied') return 'blocked';
  return Notification.permission === 'granted' && isWanted() ? 'on' : 'off';
}

/** Switches notes on or off; asks the browser's permission if it has none. @returns what holds since */
export async function switchNotes(on: boolean): Promise<Notes> {
  if (on && typeof Notification !== 'undefined') await Notification.requestPermission();
  try {
    if (on) localStorage.setItem(key, 'on');
    else localStorage.removeItem(key);
  } catch {
    // The browser's storage is closed: there are no notes.
  }
  return readNotes();
}

function isWanted(): boolean {
  try {
    return localStorage.getItem(key) === 'on';
  } catch {
    return false;
  }
}

/**
 * Tells a member who looks at something else: by a note of the system if they want one, and always by a mark before the
 * title and on the app's icon, which go when they come back.
 *
 * @param note `about` keeps one note for each thing; the newest replaces it
 */
export function tellElsewhere(note: { title: string; body: string; about: string }): void {
  if (document.visibilityState === 'visible') return;
  mark();
  if (readNotes() === 'on') void show(note);
}

async function show({ title, body, about }: { title: string; body: string; about: string }): Promise<void> {
  const { href } = location;
  const options = { body, tag: about, icon: `${basePath()}/icon-192.png`, data: { address: href } };
  const worker = await navigator.serviceWorker?.getRegistration().catch(() => undefined);
  if (worker?.active) return worker.showNotification(title, options);
  const shown = new Notification(title, options);
  shown.onclick = () => {
    window.focus();
    shown.close();
  };
}

const sign = '✓ ';

function mark(): void {
  if (!document.title.startsWith(sign)) document.title = sign + document.title;
  const { setAppBadge, clearAppBadge } = navigator as {
    setAppBadge?: (count: number) => Promise<void>;
    clearAppBadge?: () => Promise<void>;
  };
  void setAppBadge?.call(navigator, 1).catch(() => {});
  const seen = () => {
    if (document.visibilityState !== 'visible') return;
    document.removeEventListener('visibilitychange', seen);
    if (document.title.startsWith(sign)) document.title = document.title.slice(sign.length);
    void clearAppBadge?.call(navigator).catch(() => {});
  };
  document.addEventListener('visibilitychange', seen);
}
