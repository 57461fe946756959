import type { ToolServerAddress } from '../../ports/tool-server.ts';

/** Shorter values are words that a result may have for reasons of its own. */
const LENGTH_MIN = 8;
/** Tokens that a sign-in gave: each is used for a while, so the last ones are enough. */
const TOKENS_MAX = 10;
/** Names of an environment's variables whose values are no secret, unless they say otherwise. */
const secretName = /token|key|secret|passw|auth|credential|cookie/i;

/** What a server is asked with. It knows that, and must tell it to no model and no member: not by mistake, not on purpose. */
export class OwnSecrets {
  readonly #fixed: readonly string[];
  #tokens: readonly string[] = [];

  constructor(address: ToolServerAddress) {
    this.#fixed = (address.kind === 'program' ? ofEnvironment(address.env) : ofRequests(address)).filter(isLong);
  }

  /** Makes a fetch whose tokens are known here. */
  noting(ask: typeof fetch): typeof fetch {
    return (input, init) => {
      const token = new Headers(init?.headers).get('authorization');
      if (token !== null) this.#note(lastWord(token));
      return ask(input, init);
    };
  }

  #note(token: string): void {
    if (isLong(token) && !this.#tokens.includes(token)) this.#tokens = [token, ...this.#tokens].slice(0, TOKENS_MAX);
  }

  /** The text with a word in place of each secret. */
  hide(text: string): string {
    return [...this.#fixed, ...this.#tokens].reduce((left, secret) => left.replaceAll(secret, '[hidden]'), text);
  }
}

function ofEnvironment(env: Readonly<Record<string, string>>): string[] {
  return Object.entries(env).flatMap(([name, value]) => (secretName.test(name) ? [value] : []));
}

function ofRequests({ url, headers }: { url: string; headers: Readonly<Record<string, string>> }): string[] {
  const query = URL.canParse(url) ? [...new URL(url).searchParams.values()] : [];
  return [...Object.values(headers).flatMap((value) => [value, lastWord(value)]), ...query];
}

/** The token of `Bearer token`. */
function lastWord(value: string): string {
  return value.trim().split(/\s+/).at(-1) as string;
}

function isLong(value: string): boolean {
  return value.length >= LENGTH_MIN;
}
