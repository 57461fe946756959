import { createHash } from 'node:crypto';
import { betterAuth } from 'better-auth';
import { whileStored } from '../../src/http/auth/async-storages.ts';
import { addressHeader } from '../../src/http/auth/inner-headers.ts';
import { betterAuthOptions } from '../../src/http/auth/options.ts';
import { authOptions } from './auth-options.ts';
import type { TestDatabase } from './describe-databases.ts';

/** Of everybody who is a member in a test. */
export const password = 'correct horse battery staple';

/** Of `password`, by better-auth: to make it takes a tenth of a second of processor time, which is its purpose. */
const hash =
  '765308ec33cdc9bed89e1462a38132c6:4ed30e0b1e256777c1886958356091cda27efad84692e95212b5606785aca2c4901405302f966c5778bb628bdb28130746d4e65b3b2ebc0b583bda04d8eb27e4';

/** For tests that hash dozens of passwords and say nothing of how: scrypt is slow by intent. */
export const quickPasswords = {
  hash: async (word: string) => createHash('sha256').update(word).digest('hex'),
  verify: async ({ hash, password: word }: { hash: string; password: string }) =>
    hash === (await quickPasswords.hash(word)),
};

export interface MemberMaker {
  /** Signs somebody up as better-auth does, but for the hashing; their cookie. */
  signUp(person: { name: string; email: string }): Promise<string>;
}

/** For a server that signs cookies with this secret, in this or another process. */
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

/** As a browser sends them back. */
export function cookiesOf({ headers }: Response): string {
  return headers
    .getSetCookie()
    .map((set) => set.split(';', 1)[0])
    .join('; ');
}
