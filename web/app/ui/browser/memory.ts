import { cookiePath } from './base-path.ts';

/** What this browser remembers: the models that the last prompt asked, the team that paid, and the folders that are open. */
const remembered = ['models', 'payer', 'folders'] as const;
type Remembered = (typeof remembered)[number];

/** The ids that are remembered, and whose they are: somebody else may sign in in the same browser. */
export interface Memory {
  viewerId: string;
  ids: string[];
}

/** Reads a memory from a Cookie header. */
export function recall(cookies: string | null, what: Remembered): Memory | null {
  const value = cookies?.match(new RegExp(`(?:^|;\\s*)${what}=([^;]*)`))?.[1];
  if (!value) return null;
  try {
    const [viewerId = '', ...ids] = decodeURIComponent(value).split('\n');
    return { viewerId, ids };
  } catch {
    return null;
  }
}

/** Remembers ids for a quarter of a year; none: forgets those of before. */
export function remember(what: Remembered, viewerId: string, ids: readonly string[]): void {
  const value = ids.length > 0 ? encodeURIComponent([viewerId, ...ids].join('\n')) : '';
  const seconds = ids.length > 0 ? 90 * 24 * 3600 : 0;
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every supported browser
  document.cookie = `${what}=${value}; Path=${cookiePath()}; Max-Age=${seconds}; SameSite=Lax`;
}

export function forgetAll(): void {
  for (const what of remembered) remember(what, '', []);
}
