import { BlockList, isIP } from 'node:net';

/** The proxies by which other hosts are reached, from the variables that most programs know. */
export interface ProxyRules {
  /** `http://…`, `https://…` or `socks5://…`, with a user's name and password where it wants them; null: none. */
  http: string | null;
  https: string | null;
  /** The entries of NO_PROXY. */
  except: readonly string[];
}

/** Each variable is read in lower case too. */
export const proxyVariables = ['ALL_PROXY', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'] as const;
type ProxyVariable = (typeof proxyVariables)[number];

const protocols: ReadonlySet<string> = new Set([
  'http:',
  'https:',
  'socks:',
  'socks4:',
  'socks4a:',
  'socks5:',
  'socks5h:',
]);

/**
 * Null: no variable is set. A variable in lower case counts before the same one in upper case, as in other programs. A mistake
 * goes to `problems` by the variable's name, without its value, which may hold a password.
 */
export function readProxyRules(variables: Readonly<Record<string, string>>, problems: string[]): ProxyRules | null {
  function proxyOf(name: ProxyVariable): string | null {
    const [setName] = [name.toLowerCase(), name].filter((one) => variables[one] !== undefined);
    if (setName === undefined) return null;
    const value = variables[setName] as string;
    const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`;
    if (URL.canParse(url) && protocols.has(new URL(url).protocol) && new URL(url).hostname !== '') return url;
    problems.push(`${setName}: expected the address of a proxy, such as http://proxy.example.com:3128`);
    return null;
  }

  const all = proxyOf('ALL_PROXY');
  const http = proxyOf('HTTP_PROXY') ?? all;
  const https = proxyOf('HTTPS_PROXY') ?? all;
  if (http === null && https === null) return null;
  const except = (variables.no_proxy ?? variables.NO_PROXY ?? '').split(/[\s,]+/).filter((entry) => entry !== '');
  return { http, https, except };
}

/** The proxy for an address. Null: the address is reached directly. */
export function proxyFor({ http, https, except }: ProxyRules, url: URL): string | null {
  const proxy = url.protocol === 'https:' ? https : http;
  return proxy === null || except.some((entry) => covers(entry, url)) ? null : proxy;
}

/**
 * Whether an entry of NO_PROXY is of this host: `*`, a name (of its own and all below it), `.name` and `*.name` (those below
 * it), an address, a network such as `10.0.0.0/8`; each but a network also with a port.
 */
function covers(entry: string, url: URL): boolean {
  if (entry === '*') return true;
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const network = /^([\d.]+|[\da-f:.]+)\/(\d+)$/i.exec(entry);
  if (network) return isWithin(host, network[1] as string, Number(network[2]));
  const bracketed = /^\[([^\]]+)\](?::(\d+))?$/.exec(entry);
  const [, name = entry, port] = bracketed ?? (isIP(entry) ? [] : (/^(.*?)(?::(\d+))?$/.exec(entry) ?? []));
  if (port !== undefined && port !== (url.port || (url.protocol === 'https:' ? '443' : '80'))) return false;
  const bare = name.toLowerCase().replace(/^\*?\./, '');
  if (bare === '') return false;
  if (host.endsWith(`.${bare}`) && !isIP(host)) return true;
  return host === bare && bare === name.toLowerCase();
}

function isWithin(host: string, address: string, bits: number): boolean {
  const kind = isIP(address);
  if (kind === 0 || isIP(host) !== kind || bits > (kind === 4 ? 32 : 128)) return false;
  const family = kind === 4 ? 'ipv4' : 'ipv6';
  const network = new BlockList();
  network.addSubnet(address, bits, family);
  return network.check(host, family);
}
