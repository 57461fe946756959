import type { Agent } from 'node:http';
import { HttpProxyAgent } from 'http-proxy-agent';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { SocksProxyAgent } from 'socks-proxy-agent';
import { createUpstreamFetch } from './upstream-fetch.ts';

/** How long a SOCKS proxy may take to open a tunnel. The agents of other proxies end with the request. */
const socksMsMax = 30_000;

/**
 * Makes a fetch that goes through proxies. An HTTP proxy opens a tunnel (CONNECT) to an https address, and gets the
 * request itself for an http address; a SOCKS proxy always opens a tunnel. Answers are read as ordinary streams of
 * Node's http. Most operators have no proxy, so this file and its packages are loaded only if one is configured.
 *
 * @param proxyFor returns the address of the proxy for a URL; null: none
 * @param direct the fetch for URLs without a proxy
 */
export function createProxiedFetch(proxyFor: (url: URL) => string | null, direct: typeof fetch): typeof fetch {
  return async (input, init) => {
    const proxy = proxyFor(new URL(input instanceof Request ? input.url : input));
    if (proxy === null) return direct(input, init);
    return createUpstreamFetch((url, signal) => createAgent(proxy, url, signal))(input, init);
  };
}

/**
 * Makes an agent for one request. If the request's signal aborts, an HTTP proxy's connection is closed even while it is
 * being opened.
 */
export function createAgent(proxy: string, { protocol }: URL, signal: AbortSignal | null): Agent {
  if (/^socks/i.test(proxy)) return new SocksProxyAgent(proxy, { timeout: socksMsMax });
  const options = signal ? { signal } : {};
  return protocol === 'https:' ? new HttpsProxyAgent(proxy, options) : new HttpProxyAgent(proxy, options);
}
