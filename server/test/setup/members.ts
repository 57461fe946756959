import { createHash } from 'node:crypto';
import { betterAuth } from 'better-auth';
import { whileStored } from '../../src/http/auth/async-storages.ts';
import { addressHeader } from '../../src/http/auth/inner-headers.ts';
import { betterAuthOptions } from '../../src/http/auth/options.ts';
import { authOptions } from './auth-options.ts';
import type { TestDatabase } from './describe-databases.ts';

/** The password of all members in tests. */
export const password = 'correct horse battery staple';

/** The hash of `password` by better-auth. Making it takes a tenth of a second of processor time, on purpose. */
const hash =
  '765308ec33cdc9bed89e1462a38132c6:4ed30e0b1e256777c1886958356091cda27efad84692e95212b5606785aca2c4901405302f966c5778bb628bdb28130746d4e65b3b2ebc0b583bda04d8eb27e4';

/** Quick hashes for tests that need dozens of passwords and do not test the hashing, as scrypt is slow on purpose. */
export const quickPasswords = {
  hash: async (word: string) => createHash('sha256').update(word).digest('hex'),
  verify: async ({ hash, password: word }: { hash: string; password: string }) =>
    hash === (await quickPasswords.hash(word)),
};

export interface MemberMaker {
  /** Signs a person up as better-auth does, except for the hashing; returns the cookie. */
  signUp(person: { name: string; email: string }): Promise<string>;
}

/** Makes members for a server that signs cookies with this secret, in this or another process. */
export function createMemberMaker(
  database: Pick<TestDatabase, 'db'>,
  { secret, publicUrl }: { secret: string; publicUrl: string },
): MemberMaker {
  const passwords = { hash: async () => hash };
  const { api } = betterAuth(betterAuthOptions(authOptions(database, { publicUrl, secret, passwords })));
  return {
    async signUp({ name, email }) {
      const headers = new Headers({ [addressHeader]: '127.0.0.1', 'user-agent': 'node' });
      const body = { name, email, password };
      const response = await whileStored(() => api.signUpEmail({ body, headers, asResponse: true }));
      if (!response.ok) throw new Error(`Signing up: ${response.status} ${await response.text()}`);
      return cookiesOf(response);
    },
  };
}

/** The cookies as a browser sends them back. */
export function cookiesOf({ headers }: Response): string {
  return headers
    .getSetCookie()
    .map((set) => set.split(';', 1)[0])
    .join('; ');
}
