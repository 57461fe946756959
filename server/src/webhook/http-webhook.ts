import type { AlertWebhook } from '../ports/alert-webhook.ts';

export interface HttpWebhookOptions {
  /** May hold a secret, so that it is never logged. */
  url: string;
  fetch: typeof fetch;
  timeoutMs?: number;
}

/** Sends by an HTTP request, POST. Any status from 200 to 299 means that it was taken. */
export function createHttpWebhook({ url, fetch, timeoutMs = 10_000 }: HttpWebhookOptions): AlertWebhook {
  return {
    async send(body, signal) {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'user-agent': 'Polylogue' },
        body: JSON.stringify(body),
        // A redirected POST would become a GET.
        redirect: 'manual',
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      }).catch((error: unknown) => {
        throw new Error(isTimeout(error) ? 'It did not answer in time.' : 'It could not be reached.');
      });
      await response.body?.cancel().catch(() => {});
      if (!response.ok) throw new Error(`It answered with status ${response.status}.`);
    },
  };
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError';
}
