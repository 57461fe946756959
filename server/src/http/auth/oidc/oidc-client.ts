import type { Configuration, IDToken } from 'openid-client';
import { groupsOf } from '../../../domain/people/sign-in/group-mapping.ts';
import type { ProviderIdentity } from '../../../domain/people/sign-in/provider-sign-in.ts';
import type { SignInProvider } from '../../../domain/people/sign-in/sign-in-providers.ts';
import type { SignInFlow } from './sign-in-flow.ts';

/** Why a provider's answer signs nobody in. */
export type OidcFailure = 'PROVIDER_UNREACHABLE' | 'SIGN_IN_CANCELLED' | 'CODE_REFUSED' | 'ANSWER_INVALID' | 'NO_EMAIL';

export class OidcError extends Error {
  override readonly name = 'OidcError';
  readonly code: OidcFailure;

  constructor(code: OidcFailure, cause?: unknown) {
    super(code, { cause });
    this.code = code;
  }
}

const PATIENCE_SECONDS = 10;
/** Providers change their endpoints rarely; they announce new keys by themselves. */
const METADATA_MS_MAX = 24 * 60 * 60 * 1000;

/** Asks one OpenID provider. openid-client is loaded, and the provider asked for its endpoints, for the first sign-in. */
export class OidcClient {
  readonly #provider: SignInProvider;
  readonly #fetch: typeof fetch;
  #known: { configuration: Promise<Configuration>; at: number } | null = null;

  constructor(provider: SignInProvider, fetch: typeof globalThis.fetch) {
    this.#provider = provider;
    this.#fetch = fetch;
  }

  /**
   * The address at which a person signs in.
   *
   * @throws OidcError PROVIDER_UNREACHABLE
   */
  async authorizationUrl(flow: SignInFlow, redirectUri: string): Promise<URL> {
    const configuration = await this.#configuration();
    const { buildAuthorizationUrl, calculatePKCECodeChallenge } = await import('openid-client');
    return buildAuthorizationUrl(configuration, {
      redirect_uri: redirectUri,
      scope: this.#provider.scopes,
      state: flow.state,
      nonce: flow.nonce,
      code_challenge: await calculatePKCECodeChallenge(flow.verifier),
      code_challenge_method: 'S256',
    });
  }

  /**
   * Exchanges the code in the answer's address for an identity. The state, the issuer, the code's verifier, and the ID
   * token's signature, audience, nonce and time are checked.
   *
   * @throws OidcError
   */
  async identityOf(answer: URL, flow: SignInFlow): Promise<ProviderIdentity> {
    const configuration = await this.#configuration();
    const { authorizationCodeGrant, fetchUserInfo } = await import('openid-client');
    try {
      const tokens = await authorizationCodeGrant(configuration, answer, {
        expectedState: flow.state,
        expectedNonce: flow.nonce,
        pkceCodeVerifier: flow.verifier,
        idTokenExpected: true,
      });
      const token = tokens.claims() as IDToken;
      const claims = this.#isComplete(token, configuration)
        ? token
        : { ...(await fetchUserInfo(configuration, tokens.access_token, token.sub)), ...token };
      return this.#toIdentity(token, claims);
    } catch (error) {
      throw await toOidcError(error);
    }
  }

  /** Whether the ID token has what is needed, or there is nowhere else to look. */
  #isComplete(token: IDToken, configuration: Configuration): boolean {
    const { groups } = this.#provider;
    const asksForGroups = isMapped(groups);
    const isThere = token.email !== undefined && (!asksForGroups || groupsOf(token, groups.claim).length > 0);
    return isThere || configuration.serverMetadata().userinfo_endpoint === undefined;
  }

  #toIdentity({ iss, sub }: IDToken, claims: Readonly<Record<string, unknown>>): ProviderIdentity {
    const { email, name, preferred_username: userName } = claims;
    if (typeof email !== 'string' || !/^[^\s@]+@[^\s@]+$/.test(email)) throw new OidcError('NO_EMAIL');
    const called = [name, userName].find((text) => typeof text === 'string' && text.trim() !== '') as
      | string
      | undefined;
    return {
      issuer: iss,
      subject: sub,
      email: email.toLowerCase(),
      // Some providers send a text. Everything but a clear yes is a no.
      emailVerified: claims.email_verified === true || claims.email_verified === 'true',
      name: called ?? (email.split('@')[0] as string),
      groups: groupsOf(claims, this.#provider.groups.claim),
    };
  }

  /** Keeps what it found; a failure is forgotten, so that the next person asks again. */
  async #configuration(): Promise<Configuration> {
    if (this.#known === null || Date.now() - this.#known.at > METADATA_MS_MAX) {
      const configuration = this.#discover();
      const known = { configuration, at: Date.now() };
      this.#known = known;
      configuration.catch(() => {
        if (this.#known === known) this.#known = null;
      });
    }
    try {
      return await this.#known.configuration;
    } catch (error) {
      throw new OidcError('PROVIDER_UNREACHABLE', error);
    }
  }

  async #discover(): Promise<Configuration> {
    const { issuer, clientId, clientSecret } = this.#provider;
    const client = await import('openid-client');
    const authenticate: import('openid-client').ClientAuth = (server, metadata, body, headers) => {
      if (clientSecret === null) return client.None()(server, metadata, body, headers);
      // Without a list, a provider takes Basic (OpenID Connect Discovery 1.0).
      const takesPost = server.token_endpoint_auth_methods_supported?.includes('client_secret_post') ?? false;
      const method = takesPost ? client.ClientSecretPost : client.ClientSecretBasic;
      return method(clientSecret)(server, metadata, body, headers);
    };
    return client.discovery(new URL(issuer), clientId, {}, authenticate, {
      timeout: PATIENCE_SECONDS,
      [client.customFetch]: (url, options) => this.#fetch(url, options as RequestInit),
      // The ID token's signature counts, not only the TLS by which it came.
      execute: [
        client.enableNonRepudiationChecks,
        ...(issuer.startsWith('http:') ? [client.allowInsecureRequests] : []),
      ],
    });
  }
}

function isMapped({ adminGroups, auditorGroups, tierGroups, teamGroups }: SignInProvider['groups']): boolean {
  return teamGroups === 'ALL' || adminGroups.length + auditorGroups.length + tierGroups.size + teamGroups.size > 0;
}

async function toOidcError(error: unknown): Promise<OidcError> {
  if (error instanceof OidcError) return error;
  const { AuthorizationResponseError, ResponseBodyError, ClientError } = await import('openid-client');
  if (error instanceof AuthorizationResponseError) {
    return new OidcError(error.error === 'access_denied' ? 'SIGN_IN_CANCELLED' : 'ANSWER_INVALID', error);
  }
  if (error instanceof ResponseBodyError) return new OidcError('CODE_REFUSED', error);
  const isAnswer = error instanceof ClientError && error.code !== 'OAUTH_TIMEOUT';
  return new OidcError(isAnswer ? 'ANSWER_INVALID' : 'PROVIDER_UNREACHABLE', error);
}
