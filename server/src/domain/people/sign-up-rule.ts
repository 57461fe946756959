/** Who may make an account. */
export type SignUpRule =
  | { kind: 'OPEN' | 'INVITE' | 'CLOSED' }
  /** Whose e-mail address is of one of these, lower case, or who has an invitation. */
  | { kind: 'DOMAINS'; domains: readonly string[] };

/** As SIGN_UP says it: `open`, `invite`, `closed` or `domains:a.org,b.org`. Null: it says none of them. */
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

/** Whether an address is of one of the domains: what is behind its last @ is exactly one of them, in whatever case. */
export function isOfDomains(email: string, domains: readonly string[]): boolean {
  const at = email.lastIndexOf('@');
  return at > 0 && domains.includes(email.slice(at + 1).toLowerCase());
}

/**
 * The rule where SIGN_UP says none: strangers may sign up only where they reach the server from this machine alone and
 * can spend nobody's money.
 */
export function defaultSignUpRule(server: {
  /** Whether a model's answer costs the operator something. */
  spendsMoney: boolean;
  /** The address that is listened to. */
  host: string;
  /** Null: not set. */
  publicUrl: string | null;
  /** How many proxies stand in front: behind one, everybody comes from this machine. */
  trustedProxies: number;
}): SignUpRule {
  const { spendsMoney, host, publicUrl, trustedProxies } = server;
  const isPrivate =
    trustedProxies === 0 && isLoopback(host) && (publicUrl === null || isLoopback(new URL(publicUrl).hostname));
  return { kind: isPrivate && !spendsMoney ? 'OPEN' : 'INVITE' };
}

/** Whether a host's name or address is reached from this machine alone. */
export function isLoopback(host: string): boolean {
  return /^(127(\.\d{1,3}){3}|\[?::1\]?|([a-z0-9-]+\.)*localhost)$/i.test(host);
}
