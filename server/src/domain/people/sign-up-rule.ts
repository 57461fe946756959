/** The rule that says who may make an account. */
export type SignUpRule =
  | { kind: 'OPEN' | 'INVITE' | 'CLOSED' }
  /** Anyone with an e-mail address of one of these domains (lower case), or with an invitation. */
  | { kind: 'DOMAINS'; domains: readonly string[] };

/** Parses SIGN_UP: `open`, `invite`, `closed` or `domains:a.org,b.org`. Null if it is none of these. */
export function parseSignUpRule(text: string): SignUpRule | null {
  switch (text) {
    case 'open':
      return { kind: 'OPEN' };
    case 'invite':
      return { kind: 'INVITE' };
    case 'closed':
      return { kind: 'CLOSED' };
  }
  const [, list] = /^domains:(.*)$/s.exec(text) ?? [];
  const domains = list?.split(',').map((domain) => domain.trim().toLowerCase()) ?? [];
  return domains.length > 0 && domains.every(isDomain) ? { kind: 'DOMAINS', domains } : null;
}

const label = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?';
const domainPattern = new RegExp(`^${label}([.]${label})*$`);

function isDomain(text: string): boolean {
  return text.length <= 253 && domainPattern.test(text);
}

/** Whether the part of the address after its last @ is exactly one of the domains, regardless of case. */
export function isOfDomains(email: string, domains: readonly string[]): boolean {
  const at = email.lastIndexOf('@');
  return at > 0 && domains.includes(email.slice(at + 1).toLowerCase());
}

/**
 * The rule if SIGN_UP is not set: strangers may sign up only if the server can be reached from this machine alone and
 * they cannot spend anybody's money.
 */
export function defaultSignUpRule(
  server: ServerReach & {
    /** Whether answers of models cost the operator money. */
    spendsMoney: boolean;
  },
): SignUpRule {
  return { kind: isPrivate(server) && !server.spendsMoney ? 'OPEN' : 'INVITE' };
}

/** Whether a server can be reached from this machine alone. */
export function isPrivate({ host, publicUrl, trustedProxies }: ServerReach): boolean {
  return trustedProxies === 0 && isLoopback(host) && (publicUrl === null || isLoopback(new URL(publicUrl).hostname));
}

/** What decides from where a server can be reached. */
interface ServerReach {
  /** The address that the server listens at. */
  host: string;
  /** PUBLIC_URL; null: not set. */
  publicUrl: string | null;
  /** How many proxies stand in front of the server: behind one, all requests come from this machine. */
  trustedProxies: number;
}

/** Whether a host's name or address can be reached from this machine alone. */
export function isLoopback(host: string): boolean {
  return /^(127(\.\d{1,3}){3}|\[?::1\]?|([a-z0-9-]+\.)*localhost)$/i.test(host);
}
