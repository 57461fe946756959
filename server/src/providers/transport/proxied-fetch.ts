import type { Agent } from 'node:http';
import { HttpProxyAgent } from 'http-proxy-agent';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { SocksProxyAgent } from 'socks-proxy-agent';
import { createUpstreamFetch } from './upstream-fetch.ts';

/** How long a SOCKS proxy may take to open a way; the others are given up with the request. */
const socksMsMax = 30_000;

/**
 * `upstreamFetch` by way of proxies: a tunnel (CONNECT, or SOCKS) to who is asked by https, a request to the proxy for who is
 * asked by http. A file of its own, as most have no proxy: what it needs is loaded where it is used.
 *
 * @param proxyFor the address of the proxy before a URL; null: none
 */
export function createProxiedFetch(proxyFor: (url: URL) => string | null): typeof fetch {
  return createUpstreamFetch((url, signal) => {
    const proxy = proxyFor(url);
    return proxy === null ? null : createAgent(proxy, url, signal);
  });
}

/** One for each request: who gives the request up closes the connection that is still being opened. */
function createAgent(proxy: string, { protocol }: URL, signal: AbortSignal | null): Agent {
  if (/^socks/i.test(proxy)) return new SocksProxyAgent(proxy, { timeout: socksMsMax });
  const options = signal ? { signal } : {};
  return protocol === 'https:' ? new HttpsProxyAgent(proxy, options) : new HttpProxyAgent(proxy, options);
}
