import type { Agent } from 'node:http';
import { HttpProxyAgent } from 'http-proxy-agent';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { SocksProxyAgent } from 'socks-proxy-agent';
import { createUpstreamFetch } from './upstream-fetch.ts';

/** How long a SOCKS proxy may take to open a way; the others are given up with the request. */
const socksMsMax = 30_000;

/**
 * A fetch by way of proxies: a tunnel (CONNECT, or SOCKS) to a provider that is asked by https, a request to the proxy for
 * one that is asked by http. Its answers are read as ordinary streams of Node's http. Most have no proxy, so this file and
 * its packages are loaded where a proxy is configured.
 *
 * @param proxyFor the address of the proxy before a URL; null: none
 * @param direct asks where there is no proxy
 */
export function createProxiedFetch(proxyFor: (url: URL) => string | null, direct: typeof fetch): typeof fetch {
  return async (input, init) => {
    const proxy = proxyFor(new URL(input instanceof Request ? input.url : input));
    if (proxy === null) return direct(input, init);
    return createUpstreamFetch((url, signal) => createAgent(proxy, url, signal))(input, init);
  };
}

/** One for each request: who gives the request up closes the connection that is still being opened. */
function createAgent(proxy: string, { protocol }: URL, signal: AbortSignal | null): Agent {
  if (/^socks/i.test(proxy)) return new SocksProxyAgent(proxy, { timeout: socksMsMax });
  const options = signal ? { signal } : {};
  return protocol === 'https:' ? new HttpsProxyAgent(proxy, options) : new HttpProxyAgent(proxy, options);
}
