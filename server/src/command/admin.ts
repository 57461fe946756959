import { randomBytes } from 'node:crypto';
import { hashPassword } from 'better-auth/crypto';
import { pino } from 'pino';
import { v7 as newId } from 'uuid';
import { z } from 'zod';
import { loadConfig } from '../config/settings.ts';
import { migrate } from '../database/connection/migrate.ts';
import { type OpenDatabase, openDatabase } from '../database/connection/open.ts';
import { findMemberAccounts } from '../database/credits.ts';
import { findUserByEmail, findUserPage, type UserRow } from '../database/users.ts';
import { createNotifications } from '../domain/ground/notifications.ts';
import { type TierId, tierIds } from '../domain/ground/tiers.ts';
import { deleteAccount } from '../domain/people/account-deletion.ts';
import {
  type Administration,
  addAccount,
  adjustCredits,
  setPassword,
  setRole,
  setSuspended,
  setTier,
} from '../domain/people/administration.ts';
import type { ChainPlace } from '../domain/people/audit-chain.ts';
import { roles } from '../domain/people/members.ts';
import { removeTwoFactor } from '../domain/people/second-factor.ts';
import { OneTimeLinks, type OneTimeLinksOptions } from '../domain/people/sign-in/one-time-links.ts';
import { printAuditCheck } from './audit-check.ts';
import { runCommand, UsageError } from './mistakes.ts';
import { addressToMoveTo, moveTo } from './move.ts';
import { printable, printTable } from './terminal.ts';

const help = `Does at the command line what an admin does in the web:

  npm run admin -- users [search]                     accounts, with tier, role and credits
  npm run admin -- add <email> [name]                 makes an account, and its password
  npm run admin -- grant <email> <credits> <note>     gives credits; a negative number takes them
  npm run admin -- tier <email> ${tierIds.join('|')}
  npm run admin -- role <email> ${roles.join('|')}
  npm run admin -- suspend <email>                    signs the account out and stops its running answers
  npm run admin -- reinstate <email>
  npm run admin -- password <email> [--revoke-keys]   sets a new password and signs the account out
  npm run admin -- reset-link <email>                 makes a link to set a new password, for you to hand over
  npm run admin -- remove-two-factor <email>          for somebody who has lost phone and backup codes
  npm run admin -- delete <email>                     deletes the account for good, with its conversations
  npm run admin -- verify-audit [<place> <hash>]      checks that the audit log is as it was written
  npm run admin -- move-to [postgres://…]             copies the embedded database to an empty one on Postgres;
                                                      asks for the address, or reads it from MOVE_TO_URL

The embedded database belongs to one process: stop the server first, or do it as an admin in the web. On Postgres the
server may run. Everything but "users" and "verify-audit" is written to the audit log, as done by the operator.`;

/** Runs the operator's command. Exits with code 0, or with 1 and one line that says what is wrong. */
async function main(args: readonly string[]): Promise<void> {
  const [command = 'help', ...rest] = args;
  if (/^(-{0,2}help|-h)$/.test(command)) return console.log(help);
  // Errors are reported by the one line at the end, not by a log.
  const log = pino({ level: 'silent' });
  if (command === 'move-to') {
    return moveTo(await addressToMoveTo(rest, process.env), loadConfig(process.env), log);
  }
  const act = toAct(command, rest);
  const config = loadConfig(process.env);
  const database = await openDatabase({ ...config, mustExist: true, log });
  try {
    await database.withoutTimeLimit(() => migrate(database.db, log));
    const notifications = await createNotifications({ database, owner: newId(), log });
    try {
      const { catalogue, publicUrl } = config;
      const operator = { db: database.db, catalogue, generation: nothingRuns, notifications, publicUrl, log };
      const users = await act(operator);
      if (users) await printUsers(database, users);
    } finally {
      await notifications.close();
    }
  } finally {
    await database.close();
  }
}

/** Servers look for deleted accounts by themselves. */
const laterPurge = { wake: () => {} };

/** This process writes no responses. */
const nothingRuns = { runs: () => false, stop: async () => {} };

/** What the operator's acts are done with. */
interface Operator extends Administration, Pick<OneTimeLinksOptions, 'publicUrl' | 'log'> {}

/** Carries out a command; resolves to the accounts to print, or to nothing if it has printed all. */
// biome-ignore lint/suspicious/noConfusingVoidType: an act that prints by itself returns nothing
type Act = (operator: Operator) => Promise<UserRow[] | void>;

/** @throws UsageError */
function toAct(command: string, args: readonly string[]): Act {
  const [email = '', value = '', ...more] = args;
  switch (command) {
    case 'users':
      return ({ db }) => findUserPage(db, { search: args.join(' ').trim() || null, after: null, limit: USERS_MAX });
    case 'add': {
      if (!isAddress(email)) throw new UsageError(`"${email}" is not an e-mail address.`);
      const name = [value, ...more].join(' ').trim() || (email.split('@')[0] as string);
      return async (administration) => {
        const password = randomBytes(15).toString('base64url');
        const user = await addAccount(administration, 'operator', { email, name, hash: await hashPassword(password) });
        console.log(`The password: ${password}`);
        return [user];
      };
    }
    case 'grant': {
      const amount = toAmount(value);
      const note = more.join(' ');
      if (note.trim() === '') throw new UsageError('Say why, after the credits: grant <email> <credits> <note>');
      return onUser(email, (administration, { id: userId }) =>
        adjustCredits(administration, 'operator', { userId, amount, note }),
      );
    }
    case 'tier': {
      const tier = oneOf<TierId>(value, tierIds, more);
      return onUser(email, (administration, { id: userId }) => setTier(administration, 'operator', { userId, tier }));
    }
    case 'role': {
      const role = oneOf(value, roles, more);
      return onUser(email, (administration, { id: userId }) => setRole(administration, 'operator', { userId, role }));
    }
    case 'suspend':
    case 'reinstate': {
      if (value !== '') throw new UsageError(`${command} takes one e-mail address.`);
      const suspended = command === 'suspend';
      return onUser(email, (administration, { id: userId }) =>
        setSuspended(administration, 'operator', { userId, suspended }),
      );
    }
    case 'password': {
      const revokeApiKeys = value === '--revoke-keys' && more.length === 0;
      if (value !== '' && !revokeApiKeys) {
        throw new UsageError('password takes only an e-mail address: others may see what is typed here.');
      }
      return onUser(email, async (administration, { id: userId }) => {
        const password = randomBytes(15).toString('base64url');
        const hash = await hashPassword(password);
        const user = await setPassword(administration, 'operator', { userId, hash, revokeApiKeys });
        console.log(`The new password: ${password}`);
        return user;
      });
    }
    case 'reset-link': {
      if (value !== '') throw new UsageError('reset-link takes one e-mail address.');
      return onUser(email, async (administration, { id: userId }) => {
        const links = new OneTimeLinks({ ...administration, mailer: null, passwords: true });
        const { url, user } = await links.makeReset('operator', userId);
        console.log(`Good once, for 24 hours: ${url}`);
        return user;
      });
    }
    case 'remove-two-factor': {
      if (value !== '') throw new UsageError('remove-two-factor takes one e-mail address.');
      return onUser(email, (administration, { id: userId }) => removeTwoFactor(administration, 'operator', { userId }));
    }
    case 'delete': {
      if (value !== '') throw new UsageError('delete takes one e-mail address.');
      return onUser(email, async (administration, user) => {
        await deleteAccount({ ...administration, purge: laterPurge }, 'operator', user.id);
        console.log('The account is deleted. The server deletes its conversations, now or when it starts.');
        return null;
      });
    }
    case 'verify-audit': {
      const noted = email === '' ? null : toChainPlace(email, value, more);
      return ({ db }) => printAuditCheck(db, noted);
    }
    default:
      throw new UsageError(`There is no command "${command}".`);
  }
}

function toChainPlace(place: string, hash: string, more: readonly string[]): ChainPlace {
  if (!/^[1-9]\d{0,14}$/.test(place) || !/^[0-9a-f]{64}$/i.test(hash) || more.length > 0) {
    throw new UsageError('verify-audit takes nothing, or a place and a hash as it printed them.');
  }
  return { position: Number(place), hash };
}

/** Whether a sign-up would accept this address. */
function isAddress(email: string): boolean {
  return email.length <= 254 && z.email().safeParse(email).success;
}

/** How many accounts are printed at most; a search narrows them down. */
const USERS_MAX = 500;

/** `act` resolves to the account to print; null: none. */
function onUser(email: string, act: (operator: Operator, user: UserRow) => Promise<UserRow | null>): Act {
  if (!email.includes('@')) throw new UsageError(`"${email}" is not an e-mail address.`);
  return async (administration) => {
    const user = await findUserByEmail(administration.db, email);
    if (!user) throw new UsageError(`Nobody here has the e-mail address ${email}.`);
    const changed = await act(administration, user);
    return changed ? [changed] : undefined;
  };
}

function toAmount(value: string): number {
  const amount = Number(value.replaceAll(/[,_]/g, ''));
  if (!/^[+-]?\d[\d,_]*$/.test(value) || !Number.isSafeInteger(amount)) {
    throw new UsageError(`"${value}" is not a whole number of credits.`);
  }
  return amount;
}

function oneOf<Value extends string>(value: string, values: readonly Value[], more: readonly string[]): Value {
  const found = values.find((candidate) => candidate === value.toUpperCase());
  if (!found || more.length > 0)
    throw new UsageError(`Expected ${values.join(', ')}, not "${[value, ...more].join(' ')}".`);
  return found;
}

async function printUsers({ db }: OpenDatabase, users: readonly UserRow[]): Promise<void> {
  if (users.length === 0) return console.log('There is nobody.');
  // Balances are printed as they stand: reading an account does not top it up.
  const accounts = await findMemberAccounts(
    db,
    users.map(({ id }) => id),
  );
  const creditsOf = new Map(accounts.map((account) => [account.user_id, account]));
  const rows = users.map(({ id, email, name, role, tier, suspended }) => {
    const { balance = 0, held = 0 } = creditsOf.get(id) ?? {};
    return [printable(email), printable(name), role, tier, format(balance), format(held), suspended ? 'suspended' : ''];
  });
  printTable([['E-mail', 'Name', 'Role', 'Tier', 'Credits', 'Held', ''], ...rows], new Set([4, 5]));
  if (users.length === USERS_MAX) console.log(`These are the first ${USERS_MAX} accounts; search to see others.`);
}

function format(credits: number): string {
  return credits.toLocaleString('en');
}

runCommand(main, {
  help: 'npm run admin -- help',
  inUse: 'Stop it first, or do this as an admin in the web.',
});
