import { basePath, cookiePath } from './base-path.ts';

/** What this browser remembers: the models that the last prompt asked, the team that paid, and the folders that are open. */
const remembered = ['models', 'payer', 'folders'] as const;
/** `lanes` is remembered by page: how the lanes of its conversation are arranged. */
type Remembered = (typeof remembered)[number] | 'lanes';

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

/**
 * Remembers ids for a quarter of a year; none, or more than a cookie holds: forgets those of before.
 *
 * @param page the path of the only page that is told of them, after the base path; absent: all pages are
 */
export function remember(what: Remembered, viewerId: string, ids: readonly string[], page?: string): void {
  const wanted = ids.length > 0 ? encodeURIComponent([viewerId, ...ids].join('\n')) : '';
  const value = wanted.length > charactersMax ? '' : wanted;
  const seconds = value ? 90 * 24 * 3600 : 0;
  const path = page === undefined ? cookiePath() : `${basePath()}${page}`;
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every supported browser
  document.cookie = `${what}=${value}; Path=${path}; Max-Age=${seconds}; SameSite=Lax`;
}

/** Browsers drop cookies of more than 4096 bytes. */
const charactersMax = 3500;

export function forgetAll(): void {
  for (const what of remembered) remember(what, '', []);
}
