import type { IncomingMessage } from 'node:http';
import type { Logger } from 'pino';

/**
 * Warns once if requests come through a proxy that TRUSTED_PROXIES does not count: all clients then share one address,
 * and limits that are meant for one stranger stop all of them.
 */
export function createProxyWarning({ trustedProxies, log }: { trustedProxies: number; log: Logger }) {
  let due = trustedProxies === 0;
  return ({ headers }: IncomingMessage): void => {
    if (!due || (headers['x-forwarded-for'] === undefined && headers.forwarded === undefined)) return;
    due = false;
    log.warn(
      'A request came through a proxy, and TRUSTED_PROXIES is 0: all clients behind it count as one address. Set TRUSTED_PROXIES to the number of proxies in front of this server.',
    );
  };
}
