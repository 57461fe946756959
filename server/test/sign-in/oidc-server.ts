import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** What the provider says of an account, beside its id. */
export interface OidcAccount {
  email?: string;
  email_verified?: boolean;
  name?: string;
  groups?: string[];
}

/** A real OpenID provider on the loopback. Its page asks who somebody is, and believes the answer. */
export interface OidcServer {
  issuer: string;
  /** The variables of a Polylogue at this address that signs people in with it. */
  settings(publicUrl: string): Record<string, string>;
  /** Adds an account, or changes what is said of it. */
  know(id: string, account: OidcAccount): Promise<void>;
  /** How long the codes from now on are good; at least 1. */
  setCodeSeconds(seconds: number): Promise<void>;
  /** Whether a code is not too old. */
  isGood(code: string): Promise<boolean>;
  /** Stops answering, or answers again, at the same address. */
  setReachable(reachable: boolean): Promise<void>;
  close(): Promise<void>;
}

const clientSecret = 'the secret of the client: it is 32 bytes or more';

/** @param redirectUris the addresses to which people may be sent back */
export async function startOidcServer(redirectUris: string[]): Promise<OidcServer> {
  const worker = new Worker(new URL('./oidc-worker.js', import.meta.url), {
    workerData: { clientSecret, redirectUris },
    // The provider warns that it forgets everything when it ends.
    stderr: true,
    stdout: true,
  });
  const [{ issuer }] = (await once(worker, 'message')) as [{ issuer: string }];
  const waiting = new Map<number, (result: unknown) => void>();
  worker.on('message', ({ id, result }: { id: number; result: unknown }) => {
    waiting.get(id)?.(result);
    waiting.delete(id);
  });
  let asked = 0;
  const ask = <Result>(act: string, ...args: unknown[]): Promise<Result> => {
    const id = ++asked;
    worker.postMessage({ id, act, args });
    return new Promise((resolve) => waiting.set(id, resolve as (result: unknown) => void));
  };
  return {
    issuer,
    settings: (publicUrl) => ({
      PUBLIC_URL: publicUrl,
      OIDC_TEST_ISSUER: issuer,
      OIDC_TEST_CLIENT_ID: 'polylogue',
      OIDC_TEST_CLIENT_SECRET: clientSecret,
      OIDC_TEST_NAME: 'Example Login',
      OIDC_TEST_SCOPES: 'email profile groups',
    }),
    know: (id, account) => ask('know', id, account),
    setCodeSeconds: (seconds) => ask('setCodeSeconds', seconds),
    isGood: (code) => ask('isGood', code),
    setReachable: (reachable) => ask('setReachable', reachable),
    async close() {
      await worker.terminate();
    },
  };
}
