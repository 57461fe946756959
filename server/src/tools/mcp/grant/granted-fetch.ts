import { setTimeout as delay } from 'node:timers/promises';
import { refreshAuthorization } from '@modelcontextprotocol/sdk/client/auth.js';
import {
  InvalidClientError,
  InvalidGrantError,
  OAuthError,
  UnauthorizedClientError,
} from '@modelcontextprotocol/sdk/server/auth/errors.js';
import type {
  AuthorizationServerMetadata,
  OAuthClientInformationMixed,
  OAuthTokens,
} from '@modelcontextprotocol/sdk/shared/auth.js';
import type { GrantStore, ToolGrant } from '../../../ports/tool-server.ts';
import { SignInNeeded } from '../failures.ts';

/** How long another process may take to renew a grant, and how often it is looked at meanwhile. */
const OTHERS_MS_MAX = 20_000;
const LOOK_MS = 250;

/**
 * Makes a fetch that asks with the access token of a grant, and renews the grant when the server no longer takes it. One
 * process renews it and the others wait: many servers take a second use of a refresh token for a theft.
 */
export function withGrant(ask: typeof fetch, serverUrl: string, grants: GrantStore): typeof fetch {
  const { origin } = new URL(serverUrl);
  let known: ToolGrant | null = null;
  let renewing: Promise<void> | null = null;

  /** Has a token in `known` that is another one than `used`. */
  async function renew(used: string): Promise<void> {
    for (let waitedMs = 0; waitedMs < OTHERS_MS_MAX; waitedMs += LOOK_MS) {
      known = await grants.read();
      if (known?.tokens === null || known === null) throw new SignInNeeded('Nobody is signed in.');
      if (tokenOf(known) !== used) return;
      if (await grants.claimRenewal()) {
        // Between the look and the claim another process may have renewed it.
        const current = await grants.read();
        known = current && tokenOf(current) === used ? await renewed(current, ask) : current;
        if (known) await grants.writeRenewed(known);
        if (tokenOf(known) === null) throw new SignInNeeded('What signing in gave is no longer valid.');
        return;
      }
      await delay(LOOK_MS);
    }
    throw new Error('Another process has not renewed the access in time.');
  }

  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    // The token is for this server alone.
    if (url.origin !== origin) return ask(input, init);
    known ??= await grants.read();
    const token = tokenOf(known);
    if (token === null) throw new SignInNeeded('Nobody is signed in.');
    const answer = await ask(input, withToken(init, token));
    if (answer.status !== 401) return answer;
    await answer.body?.cancel();
    renewing ??= renew(token).finally(() => {
      renewing = null;
    });
    await renewing;
    return ask(input, withToken(init, tokenOf(known) ?? ''));
  };
}

function withToken(init: RequestInit | undefined, token: string): RequestInit {
  const headers = new Headers(init?.headers);
  headers.set('authorization', `Bearer ${token}`);
  return { ...init, headers };
}

function tokenOf(grant: ToolGrant | null): string | null {
  return (grant?.tokens as OAuthTokens | null | undefined)?.access_token ?? null;
}

/** The grant with new tokens; without any, if only signing in again can help. Rejects if it may help to try again. */
async function renewed(grant: ToolGrant, ask: typeof fetch): Promise<ToolGrant> {
  const tokens = grant.tokens as OAuthTokens | null;
  const discovery = grant.discovery as Discovery | null;
  if (!tokens?.refresh_token || !discovery || !grant.client) return { ...grant, tokens: null };
  try {
    const resource = discovery.resourceMetadata?.resource;
    const renewedTokens = await refreshAuthorization(discovery.authorizationServerUrl, {
      ...(discovery.authorizationServerMetadata && { metadata: discovery.authorizationServerMetadata }),
      clientInformation: grant.client as unknown as OAuthClientInformationMixed,
      refreshToken: tokens.refresh_token,
      ...(resource !== undefined && { resource: new URL(resource) }),
      fetchFn: ask,
    });
    return { ...grant, tokens: { ...renewedTokens } };
  } catch (error) {
    const isFinal =
      error instanceof InvalidGrantError ||
      error instanceof InvalidClientError ||
      error instanceof UnauthorizedClientError;
    if (isFinal) return { ...grant, tokens: null };
    // The words of the server may repeat a token.
    throw new Error(
      `The access could not be renewed (${error instanceof OAuthError ? error.errorCode : 'no answer'}).`,
    );
  }
}

/** Where a server has its grants from, as the SDK found it. */
export interface Discovery {
  authorizationServerUrl: string;
  authorizationServerMetadata?: AuthorizationServerMetadata;
  resourceMetadata?: { resource?: string };
}
