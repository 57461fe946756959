import type { Secrets } from '../failures/secrets.ts';

/** How Google is asked. */
export interface GoogleAccess {
  apiKey: string;
  /** Excludes the version, and has no slash at the end. */
  baseURL: string;
  /** Sends every request. */
  fetch: typeof fetch;
  /** Secrets that no error may show. */
  secrets: Secrets;
}
