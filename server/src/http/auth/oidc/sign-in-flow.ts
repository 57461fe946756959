import { createHmac, randomBytes } from 'node:crypto';
import { findSessionToken } from '../credentials.ts';

/** A sign-in that has begun in a browser and is under way at a provider. The browser keeps it, in a signed cookie. */
export interface SignInFlow {
  providerId: string;
  state: string;
  nonce: string;
  /** PKCE's. */
  verifier: string;
  /** The path to go to afterwards. */
  to: string;
  /** The secret of an invitation; null: none. */
  invitation: string | null;
  /** In ms since 1970. */
  endsAt: number;
}

const FLOW_SECONDS_MAX = 600;
const TEXT_LENGTH_MAX = 1000;

export function startFlow(asked: { providerId: string; to: string | null; invitation: string | null }): SignInFlow {
  const random = () => randomBytes(32).toString('base64url');
  const { providerId, to, invitation } = asked;
  return {
    providerId,
    state: random(),
    nonce: random(),
    verifier: random(),
    to: to !== null && to.length <= TEXT_LENGTH_MAX && isOwnPath(to) ? to : '/',
    invitation: invitation !== null && invitation.length <= TEXT_LENGTH_MAX ? invitation : null,
    endsAt: Date.now() + FLOW_SECONDS_MAX * 1000,
  };
}

/** Whether a browser that is sent to this address stays on this server: it reads a backslash as a slash. */
function isOwnPath(path: string): boolean {
  const own = 'http://own.invalid';
  if (!path.startsWith('/') || !URL.canParse(path, own)) return false;
  const url = new URL(path, own);
  const again = url.pathname + url.search + url.hash;
  return url.origin === own && again === path && URL.canParse(again, own) && new URL(again, own).origin === own;
}

export interface FlowCookie {
  /** The value of Set-Cookie. */
  set(flow: SignInFlow): string;
  clear(): string;
  /** The flow that this browser began. Null: none, none of this server's, or one that took too long. */
  find(cookies: string): SignInFlow | null;
}

/** The cookie is sent to the answers' addresses alone. One browser has one sign-in under way. */
export function createFlowCookie({ secret, publicUrl }: { secret: string; publicUrl: URL }): FlowCookie {
  const isSecure = publicUrl.protocol === 'https:';
  const name = `${isSecure ? '__Secure-' : ''}polylogue.oidc`;
  // A session's cookie has the same form, and must not pass for this one.
  const key = `${secret}.oidc`;
  const path = `${publicUrl.pathname.replace(/\/$/, '')}/api/auth/callback`;
  const cookie = (value: string, seconds: number) =>
    `${name}=${value}; Max-Age=${seconds}; Path=${path}; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`;
  return {
    set(flow) {
      const text = Buffer.from(JSON.stringify(flow)).toString('base64url');
      const signature = createHmac('sha256', key).update(text).digest('base64');
      return cookie(encodeURIComponent(`${text}.${signature}`), FLOW_SECONDS_MAX);
    },
    clear: () => cookie('', 0),
    find(cookies) {
      const text = findSessionToken(cookies, name, key);
      if (text === null) return null;
      const flow = JSON.parse(Buffer.from(text, 'base64url').toString()) as SignInFlow;
      return flow.endsAt > Date.now() ? flow : null;
    },
  };
}
