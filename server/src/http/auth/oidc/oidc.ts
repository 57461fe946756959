import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { RateLimiterAbstract } from 'rate-limiter-flexible';
import { SignInRefusedError, SignUpRefusedError } from '../../../domain/ground/errors.ts';
import type { ProviderIdentity } from '../../../domain/people/sign-in/provider-sign-in.ts';
import type { SignInProvider } from '../../../domain/people/sign-in/sign-in-providers.ts';
import { addressBlock } from '../../address-block.ts';
import { beginning, RareWarnings } from '../../rare-warnings.ts';
import { digest, type LimiterMaker } from '../limiters.ts';
import { OidcClient, OidcError } from './oidc-client.ts';
import { createFlowCookie, type FlowCookie, type SignInFlow, startFlow } from './sign-in-flow.ts';

export interface OidcOptions {
  providers: readonly SignInProvider[];
  /** By which providers are asked. */
  fetch: typeof fetch;
  /**
   * Finds or makes the account of an identity; returns its user, with the count that a session of theirs names.
   *
   * @throws SignInRefusedError, SignUpRefusedError
   */
  admit(provider: SignInProvider, identity: ProviderIdentity, how: ProviderSignIn): Promise<KnownUser>;
  createLimiter: LimiterMaker;
  secret: string;
  publicUrl: URL;
  log: Logger;
}

export interface ProviderSignIn {
  /** The secret of the invitation that the person came with; null: none. */
  invitation: string | null;
  /** The member whom the browser is signed in as; null: nobody. */
  signedInAs: string | null;
}

/** What the handler of requests knows of a browser. */
export interface Browser {
  address: string;
  /** The member who is signed in; null: nobody. */
  viewerId: string | null;
}

/** A user whom a provider has identified, and how often their ways to sign in had changed by then. */
export interface KnownUser {
  id: string;
  credentialsEpoch: number;
}

/** Signs a user in: makes the session, and returns the cookies to set. */
export type SessionMaker = (user: KnownUser) => Promise<string[]>;

const startPath = /^\/api\/auth\/oidc\/([a-z0-9-]+)$/;
const answerPath = /^\/api\/auth\/callback\/([a-z0-9-]+)$/;

/** A stranger can have a provider asked for a code that was made up. */
const FAILURES = { keyPrefix: 'oidc', points: 100, duration: 300 };

/** Signing in with OpenID providers: the way to a provider, and the way back from it. */
export class Oidc {
  readonly #options: OidcOptions;
  readonly #clients = new Map<string, { provider: SignInProvider; client: OidcClient }>();
  readonly #cookie: FlowCookie;
  readonly #failures: RateLimiterAbstract;
  readonly #warnings = new RareWarnings();
  /** PUBLIC_URL without a slash at the end. */
  readonly #base: string;

  constructor(options: OidcOptions) {
    this.#options = options;
    for (const provider of options.providers) {
      this.#clients.set(provider.id, { provider, client: new OidcClient(provider, options.fetch) });
    }
    this.#cookie = createFlowCookie(options);
    this.#failures = options.createLimiter(FAILURES);
    this.#base = options.publicUrl.href.replace(/\/$/, '');
  }

  /** Whether a path is one of the two below /api/auth, of a provider that is configured. */
  has(path: string): boolean {
    const id = (startPath.exec(path) ?? answerPath.exec(path))?.[1];
    return id !== undefined && this.#clients.has(id);
  }

  /** Answers a GET of a path that it has, always by sending the browser somewhere. */
  async handle(req: IncomingMessage, res: ServerResponse, browser: Browser, signIn: SessionMaker): Promise<void> {
    const url = new URL(req.url ?? '', this.#base);
    const id = (startPath.exec(url.pathname) ?? answerPath.exec(url.pathname))?.[1] as string;
    const way = startPath.test(url.pathname)
      ? this.#start(id, url, browser)
      : this.#finish(id, { req, url, browser, signIn });
    const { to, cookies } = await way;
    res.writeHead(302, { Location: to, 'Set-Cookie': cookies, 'Cache-Control': 'no-store' }).end();
  }

  async #start(id: string, { searchParams }: URL, browser: Browser): Promise<Answer> {
    const { client } = this.#clientOf(id);
    const flow = startFlow({ providerId: id, to: searchParams.get('to'), invitation: searchParams.get('invitation') });
    try {
      const to = await client.authorizationUrl(flow, `${this.#base}/api/auth/callback/${id}`);
      return { to: to.href, cookies: [this.#cookie.set(flow)] };
    } catch (error) {
      return this.#refused(error, { flow, browser, cookies: [] });
    }
  }

  async #finish(id: string, { req, url, browser, signIn }: Finish): Promise<Answer> {
    const flow = this.#cookie.find(req.headers.cookie ?? '');
    // Nobody but the browser that began a sign-in can end it, so a code that was stolen is worth nothing.
    if (flow === null || flow.providerId !== id || url.searchParams.get('state') !== flow.state) {
      return this.#sentBack('SIGN_IN_ELSEWHERE', { providerId: id, to: flow?.to ?? '/', invitation: null }, []);
    }
    const cookies = [this.#cookie.clear()];
    const block = digest(addressBlock(browser.address));
    if (((await this.#failures.get(block))?.remainingPoints ?? 1) <= 0) {
      return this.#sentBack('TOO_MANY_ATTEMPTS', flow, cookies);
    }
    const { provider, client } = this.#clientOf(id);
    try {
      const answer = new URL(`${this.#base}/api/auth/callback/${id}${url.search}`);
      const identity = await client.identityOf(answer, flow);
      const how = { invitation: flow.invitation, signedInAs: browser.viewerId };
      const user = await this.#options.admit(provider, identity, how);
      return { to: this.#base + flow.to, cookies: [...cookies, ...(await signIn(user))] };
    } catch (error) {
      // A refusal by the limiter shows at the next look.
      await this.#failures.consume(block).catch(() => {});
      return this.#refused(error, { flow, browser, cookies });
    }
  }

  #clientOf(id: string): { provider: SignInProvider; client: OidcClient } {
    return this.#clients.get(id) as { provider: SignInProvider; client: OidcClient };
  }

  #refused(
    error: unknown,
    { flow, browser, cookies }: { flow: SignInFlow; browser: Browser; cookies: string[] },
  ): Answer {
    const { log } = this.#options;
    const about = { provider: flow.providerId };
    if (error instanceof OidcError) {
      if (this.#warnings.allows(browser.address)) {
        const cause = beginning(causeOf(error));
        log.warn({ ...about, reason: error.code, cause }, 'auth: nobody was signed in');
      }
      return this.#sentBack(error.code, flow, cookies);
    }
    if (error instanceof SignUpRefusedError || error instanceof SignInRefusedError) {
      log.info({ ...about, reason: error.code }, 'auth: nobody was signed in');
      return this.#sentBack(error.code, flow, cookies);
    }
    log.error({ ...about, err: error }, 'auth: a sign-in failed');
    return this.#sentBack('SIGN_IN_FAILED', flow, cookies);
  }

  /** To the page to sign in, which has a sentence for each code. */
  #sentBack(code: string, flow: Pick<SignInFlow, 'providerId' | 'to' | 'invitation'>, cookies: string[]): Answer {
    const { providerId, to, invitation } = flow;
    const query = new URLSearchParams({ error: code, with: providerId });
    if (to !== '/') query.set('to', to);
    if (invitation !== null) query.set('invitation', invitation);
    return { to: `${this.#base}/sign-in?${query}`, cookies };
  }
}

/** Why a provider was not heard, or not believed. Its own words may repeat a code, so there are only names here. */
function causeOf({ cause }: OidcError): unknown {
  const { error, code, name, cause: deeper } = (cause ?? {}) as Record<string, unknown>;
  return error ?? (deeper as { code?: unknown } | undefined)?.code ?? code ?? name;
}

interface Answer {
  to: string;
  cookies: string[];
}

interface Finish {
  req: IncomingMessage;
  url: URL;
  browser: Browser;
  signIn: SessionMaker;
}
