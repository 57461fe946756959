import { auth, extractWWWAuthenticateParams, type OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import { OAuthError } from '@modelcontextprotocol/sdk/server/auth/errors.js';
import type {
  OAuthClientInformationMixed,
  OAuthClientMetadata,
  OAuthTokens,
} from '@modelcontextprotocol/sdk/shared/auth.js';
import { LATEST_PROTOCOL_VERSION } from '@modelcontextprotocol/sdk/types.js';
import { AddressRefused } from '../../../internet/guarded-fetch.ts';
import {
  type RemoteToolServer,
  type SignInAnswer,
  type ToolGrant,
  type ToolSignIn,
  ToolSignInFailure,
} from '../../../ports/tool-server.ts';

import type { Discovery } from './granted-fetch.ts';

export interface SignInOptions {
  server: RemoteToolServer;
  signIn: ToolSignIn;
  /** Where the browser comes back to. */
  redirectUrl: string;
  fetch: typeof fetch;
}

/** @returns the address to send the browser to. Rejects with a ToolSignInFailure */
export async function beginSignIn(options: SignInOptions, stateOf: (verifier: string) => string): Promise<string> {
  const { server, signIn, redirectUrl } = options;
  const before = await signIn.grants.read();
  // A registration is for one address of this house.
  const isSameHouse = (before?.client as { redirect_uris?: string[] } | null)?.redirect_uris?.includes(redirectUrl);
  const flow = new Flow(options, {
    client: isSameHouse ? (before?.client ?? null) : null,
    tokens: null,
    discovery: null,
  });
  await failingPlainly(async () => {
    const hints = await challengeOf(server, options.fetch);
    await auth(flow, { serverUrl: server.url, fetchFn: options.fetch, ...hints });
  });
  const { address, verifier } = flow;
  if (address === null || verifier === null) throw new ToolSignInFailure('The server did not say where to sign in.');
  if (!/^https?:$/.test(address.protocol)) throw new ToolSignInFailure('The server names no web page to sign in at.');
  // Whoever is signed in stays so until the new one is.
  await signIn.grants.write({ ...flow.grant, tokens: before?.tokens ?? null });
  address.searchParams.set('state', stateOf(verifier));
  return address.href;
}

/** Rejects with a ToolSignInFailure. */
export async function finishSignIn(options: SignInOptions, answer: SignInAnswer): Promise<void> {
  const { server, signIn, fetch } = options;
  const flow = new Flow(options, await signIn.grants.read());
  requireIssuer(flow.grant.discovery as Discovery | null, answer.issuer);
  flow.verifier = answer.verifier;
  await failingPlainly(() => auth(flow, { serverUrl: server.url, authorizationCode: answer.code, fetchFn: fetch }));
  if (flow.grant.tokens === null) throw new ToolSignInFailure('The server gave no access.');
  await signIn.grants.write(flow.grant);
}

/**
 * Requires that whoever let the admin in is who gives the access for the code. A server may have sent the browser to sign in
 * elsewhere, to be handed that one's code (RFC 9207).
 *
 * @throws ToolSignInFailure
 */
function requireIssuer(discovery: Discovery | null, told: string | null): void {
  const metadata = discovery?.authorizationServerMetadata;
  if (!discovery || !metadata) return;
  const { authorization_response_iss_parameter_supported: isTold } = metadata as { [field: string]: unknown };
  if (told === null && isTold !== true) return;
  const isAsked = told === metadata.issuer;
  const givesAccess = told !== null && [discovery.authorizationServerUrl, metadata.token_endpoint].some(isOf(told));
  if (isAsked && givesAccess) return;
  throw new ToolSignInFailure('Another server has answered than the one that was to be signed in to.');
}

/** Whether an address is of the issuer's host. */
function isOf(issuer: string): (url: string) => boolean {
  return (url) => URL.canParse(issuer) && URL.canParse(url) && new URL(issuer).origin === new URL(url).origin;
}

/** One sign-in, as the SDK asks for it. */
class Flow implements OAuthClientProvider {
  readonly #options: SignInOptions;
  grant: ToolGrant;
  address: URL | null = null;
  verifier: string | null = null;

  constructor(options: SignInOptions, grant: ToolGrant | null) {
    this.#options = options;
    this.grant = grant ?? { client: null, tokens: null, discovery: null };
  }

  get redirectUrl(): string {
    return this.#options.redirectUrl;
  }

  get clientMetadata(): OAuthClientMetadata {
    const { scope } = this.#options.signIn;
    return {
      client_name: 'Polylogue',
      redirect_uris: [this.redirectUrl],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
      ...(scope !== null && { scope }),
    };
  }

  clientInformation(): OAuthClientInformationMixed | undefined {
    const { client } = this.#options.signIn;
    if (client === null) return (this.grant.client as OAuthClientInformationMixed | null) ?? undefined;
    // The SDK adds whose client it is.
    const { issuer } = (this.grant.client ?? {}) as { issuer?: string };
    const isSame = this.grant.client?.client_id === client.id;
    return {
      client_id: client.id,
      ...(client.secret !== null && { client_secret: client.secret }),
      ...(isSame && issuer !== undefined && { issuer }),
    } as OAuthClientInformationMixed;
  }

  saveClientInformation(client: OAuthClientInformationMixed): void {
    this.grant = { ...this.grant, client: { ...client, redirect_uris: [this.redirectUrl] } };
  }

  /** None: whoever signs in wants to be asked. */
  tokens(): undefined {
    return undefined;
  }

  saveTokens(tokens: OAuthTokens): void {
    const client = this.grant.client ?? { ...this.clientInformation() };
    this.grant = { ...this.grant, client, tokens: { ...tokens } };
  }

  discoveryState() {
    return (this.grant.discovery as never) ?? undefined;
  }

  saveDiscoveryState(state: object): void {
    this.grant = { ...this.grant, discovery: { ...state } };
  }

  redirectToAuthorization(address: URL): void {
    this.address = address;
  }

  saveCodeVerifier(verifier: string): void {
    this.verifier = verifier;
  }

  codeVerifier(): string {
    return this.verifier ?? '';
  }

  invalidateCredentials(scope: string): void {
    if (scope === 'all' || scope === 'client') this.grant = { ...this.grant, client: null };
    if (scope === 'all' || scope === 'discovery') this.grant = { ...this.grant, discovery: null };
  }
}

/** What the server says of signing in when it is asked without any access. */
async function challengeOf({ url, headers }: RemoteToolServer, ask: typeof fetch) {
  const clientInfo = { name: 'polylogue', version: '0' };
  const params = { protocolVersion: LATEST_PROTOCOL_VERSION, capabilities: {}, clientInfo };
  const answer = await ask(url, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params }),
  });
  await answer.body?.cancel();
  if (answer.status !== 401) return {};
  const { resourceMetadataUrl, scope } = extractWWWAuthenticateParams(answer);
  return { ...(resourceMetadataUrl && { resourceMetadataUrl }), ...(scope !== undefined && { scope }) };
}

/** Has a failure say what an admin can do, without the words of the server, which may repeat a code. */
async function failingPlainly(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof ToolSignInFailure) throw error;
    if (error instanceof AddressRefused) throw new ToolSignInFailure(error.message, { cause: error });
    if (error instanceof OAuthError) {
      throw new ToolSignInFailure(`The server refuses the sign-in (${error.errorCode}).`, { cause: error });
    }
    const registers = error instanceof Error && error.message.includes('dynamic client registration');
    throw new ToolSignInFailure(
      registers
        ? 'The server registers no clients by itself: register one there, and enter its id here.'
        : 'The server’s sign-in could not be used: it did not answer, or not as OAuth says.',
      { cause: error },
    );
  }
}
