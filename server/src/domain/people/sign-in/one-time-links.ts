import { createHash, randomBytes } from 'node:crypto';
import type { Kysely, Transaction } from 'kysely';
import type { Logger } from 'pino';
import { v7 as newId } from 'uuid';
import { deleteSessions, insertPasswordHash, setPasswordHash } from '../../../database/accounts.ts';
import { countAuditEntry } from '../../../database/audit.ts';
import type { Database } from '../../../database/database.ts';
import { confirmAddress } from '../../../database/people/identities.ts';
import {
  deleteLinks,
  findLink,
  hasPassword,
  insertLink,
  isConfirmationDue,
  type LinkPurpose,
  takeLink,
} from '../../../database/people/one-time-links.ts';
import { deleteApiKeys } from '../../../database/programs/api-keys.ts';
import { findUserByEmail, lockUser, type UserRow } from '../../../database/users.ts';
import type { Mailer } from '../../../ports/mailer.ts';
import { ForbiddenError, InvalidInputError, NotFoundError } from '../../ground/errors.ts';
import { memberTopic, type Notifications } from '../../ground/notifications.ts';
import { type Actor, audit } from '../administration.ts';
import { isGuest } from '../guests.ts';
import {
  addressChanged,
  alreadyMember,
  changeAsked,
  confirmation,
  linkMade,
  passwordReset,
  resetLink,
} from './mails.ts';

export interface OneTimeLinksOptions {
  db: Kysely<Database>;
  notifications: Pick<Notifications, 'publish'>;
  /** Null: this server sends no mail. */
  mailer: Mailer | null;
  /** Where browsers find the server, without a slash at the end. */
  publicUrl: string;
  /** Whether people sign in with passwords here. */
  passwords: boolean;
  log: Logger;
}

const HOUR_MS = 60 * 60 * 1000;
const RESET_MS = HOUR_MS;
const HANDED_OVER_MS = 24 * HOUR_MS;
const CONFIRM_MS = 24 * HOUR_MS;

/**
 * Links that are good once: to set a new password, and to confirm an address. They are sent by mail, or handed over by
 * an admin. A link's secret is stored nowhere; it stands behind the `#` of its address, which browsers send to nobody.
 */
export class OneTimeLinks {
  readonly #options: OneTimeLinksOptions;
  readonly #underWay = new Set<Promise<void>>();

  constructor(options: OneTimeLinksOptions) {
    this.#options = options;
  }

  /** Whether this server sends mail. */
  get sendsMail(): boolean {
    return this.#options.mailer !== null;
  }

  /** Whether the member has a password. */
  hasPassword(userId: string): Promise<boolean> {
    return hasPassword(this.#options.db, userId);
  }

  /** Waits for what was begun in the background. */
  async close(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  /**
   * Mails a link to set a new password, if the address is that of a member with a password. Returns at once and the same
   * way in any case, so that nobody learns who is a member.
   */
  mailReset(email: string): void {
    this.#inBackground(async () => {
      const { db, mailer } = this.#options;
      const user = await findUserByEmail(db, email);
      if (!user || user.suspended || isGuest(user) || !(await hasPassword(db, user.id))) return;
      const made = await this.#makeIf(user.id, { email: user.email, purpose: 'RESET', goodForMs: RESET_MS }, isMailbox);
      if (!made) return;
      await countAuditEntry(db, { action: 'requestPasswordReset', of: { userId: user.id }, note: null });
      await mailer?.send(resetLink(user.email, made.url));
    });
  }

  /**
   * Makes a link to set a new password, for an admin to hand over. Where mail is sent, the member is told of it.
   *
   * @throws ForbiddenError where nobody signs in with a password; NotFoundError; InvalidInputError for a guest
   */
  async makeReset(actor: Actor, userId: string): Promise<{ url: string; expiresAt: Date; user: UserRow }> {
    const { db, mailer, passwords } = this.#options;
    if (!passwords) throw new ForbiddenError('Nobody signs in with a password on this server.');
    const expiresAt = new Date(Date.now() + HANDED_OVER_MS);
    const made = await db.transaction().execute(async (trx) => {
      const user = await lockUser(trx, userId);
      if (!user) throw new NotFoundError('user');
      if (isGuest(user) || !user.email.includes('@'))
        throw new InvalidInputError('userId', 'Nobody can sign in with this account.');
      const url = await this.#make(trx, 'RESET', user.id, '', HANDED_OVER_MS);
      await audit(trx, actor, 'createPasswordResetLink', user.email, null);
      return { url, user };
    });
    if (mailer) void mailer.send(linkMade(made.user.email));
    return { ...made, expiresAt };
  }

  /** @throws InvalidInputError if a link to set a new password could not be used now */
  async requireReset(token: string): Promise<void> {
    if (!(await findLink(this.#options.db, { hash: hashOf(token), purpose: 'RESET' }))) throw invalidLink();
  }

  /**
   * Sets a new password and ends all sessions of the member. Other links of the member end too.
   *
   * @param hash made by better-auth's hashing
   * @throws InvalidInputError if the link is not valid
   */
  async reset(token: string, { hash, revokeApiKeys }: { hash: string; revokeApiKeys: boolean }): Promise<void> {
    const { db, mailer, notifications } = this.#options;
    const user = await db.transaction().execute(async (trx) => {
      const { user, link } = await this.#take(trx, 'RESET', token);
      if (!(await setPasswordHash(trx, user.id, hash))) {
        await insertPasswordHash(trx, { id: newId(), userId: user.id, hash });
      }
      await deleteLinks(trx, user.id);
      await deleteSessions(trx, user.id);
      if (link.email === user.email) await confirmAddress(trx, user.id);
      const revoked = revokeApiKeys ? await deleteApiKeys(trx, user.id) : 0;
      const by = link.email === '' ? 'by a link of an admin' : 'by mail';
      await audit(
        trx,
        user,
        'resetPassword',
        user.email,
        `${by}${revoked > 0 ? `; API keys revoked: ${revoked}` : ''}`,
      );
      return user;
    });
    notifications.publish([memberTopic(user.id)]);
    if (mailer) void mailer.send(passwordReset(user.email));
  }

  /** Mails a link to confirm the address of a new member, and counts the mail. Returns at once. */
  mailConfirmation({ id, email }: { id: string; email: string }, count: () => Promise<unknown>): void {
    if (!this.sendsMail) return;
    this.#inBackground(async () => {
      await count();
      await this.#mailConfirmation(id, email, isMailbox);
    });
  }

  /** Mails such a link again, if the address waits for it. Returns at once and the same way in any case. */
  mailConfirmationAgain(email: string): void {
    this.#inBackground(async () => {
      const { db } = this.#options;
      const user = await findUserByEmail(db, email);
      if (user && (await isConfirmationDue(db, user.id))) {
        await this.#mailConfirmation(user.id, user.email, isMailbox);
      }
    });
  }

  /** Tells a member that somebody wanted to make an account with their address, if they may be told. Returns at once. */
  mailAlreadyMember(email: string, mayTell: () => Promise<boolean>): void {
    this.#inBackground(async () => {
      const { mailer, publicUrl } = this.#options;
      if (mailer && (await mayTell())) await mailer.send(alreadyMember(email, publicUrl));
    });
  }

  /**
   * Mails a link to a member's next address, unless it is somebody's. Nothing is mailed if the ways to sign in have changed
   * since the member was asked for the password. Returns at once and the same way in any case.
   *
   * @param credentialsEpoch the member's count when the request began
   */
  mailChange(userId: string, { email, credentialsEpoch }: { email: string; credentialsEpoch: number }): void {
    this.#inBackground(async () => {
      if (await findUserByEmail(this.#options.db, email)) return;
      const isStill: Condition = (user) => user.credentialsEpoch === credentialsEpoch;
      const member = await this.#mailConfirmation(userId, email, isStill);
      // Whoever has got hold of the password must not take the account away unseen.
      if (member) await this.#options.mailer?.send(changeAsked(member.email));
    });
  }

  /** @returns the user, if the link was made */
  async #mailConfirmation(userId: string, email: string, isStill: Condition): Promise<UserRow | null> {
    const { mailer } = this.#options;
    if (!mailer) return null;
    const made = await this.#makeIf(userId, { email, purpose: 'CONFIRM', goodForMs: CONFIRM_MS }, isStill);
    if (!made) return null;
    await mailer.send(confirmation(email, made.url));
    return made.user;
  }

  /** Makes a link if the condition holds of the user who is locked then; null: it does not. */
  async #makeIf(
    userId: string,
    { email, purpose, goodForMs }: { email: string; purpose: LinkPurpose; goodForMs: number },
    isStill: Condition,
  ): Promise<{ url: string; user: UserRow } | null> {
    return this.#options.db.transaction().execute(async (trx) => {
      const user = await lockUser(trx, userId);
      // The link is sent later than it was asked for. Whoever was shut out meanwhile has lost the links of before.
      if (!user || user.suspended || !isStill(user, email)) return null;
      return { url: await this.#make(trx, purpose, userId, email, goodForMs), user };
    });
  }

  /**
   * Confirms the address that a link was sent to, and makes it the member's.
   *
   * @throws InvalidInputError if the link is not valid, or the address is somebody else's by now
   */
  async confirm(token: string): Promise<void> {
    const { db, mailer, notifications } = this.#options;
    const { user, email } = await db.transaction().execute(async (trx) => {
      const { user, link } = await this.#take(trx, 'CONFIRM', token);
      const owner = await findUserByEmail(trx, link.email);
      if (owner && owner.id !== user.id) throw invalidLink();
      await confirmAddress(trx, user.id, link.email);
      const changed = link.email !== user.email;
      // A link to the old address must not set the password of the new one's owner.
      if (changed) await deleteLinks(trx, user.id);
      await audit(
        trx,
        user,
        changed ? 'changeAddress' : 'confirmAddress',
        link.email,
        changed ? `before: ${user.email}` : null,
      );
      return { user, email: link.email };
    });
    notifications.publish([memberTopic(user.id)]);
    if (mailer && email !== user.email) void mailer.send(addressChanged(user.email));
  }

  async #make(
    trx: Transaction<Database>,
    purpose: LinkPurpose,
    userId: string,
    email: string,
    goodForMs: number,
  ): Promise<string> {
    const token = randomBytes(32).toString('base64url');
    const expiresAt = new Date(Date.now() + goodForMs);
    await insertLink(trx, { hash: hashOf(token), purpose, userId, email, expiresAt });
    return `${this.#options.publicUrl}/${purpose === 'RESET' ? 'reset-password' : 'confirm-email'}#${token}`;
  }

  async #take(trx: Transaction<Database>, purpose: LinkPurpose, token: string) {
    const named = { hash: hashOf(token), purpose };
    // Whoever ends the user's links has locked the user before, so this does too.
    const found = await findLink(trx, named);
    const user = found && (await lockUser(trx, found.userId));
    const link = user && (await takeLink(trx, named));
    if (!link || !user) throw invalidLink();
    return { link, user };
  }

  #inBackground(work: () => Promise<void>): void {
    if (this.#underWay.size >= UNDER_WAY_MAX) {
      this.#options.log.warn('Too many mails are asked for at once.');
      return;
    }
    const doing = work()
      .catch((error: unknown) => this.#options.log.error({ err: error }, 'A mail could not be prepared.'))
      .finally(() => this.#underWay.delete(doing));
    this.#underWay.add(doing);
  }
}

/** Decides whether a link may still be made. */
type Condition = (user: UserRow, email: string) => boolean;

/** Whether the link goes to the address that the user has. */
const isMailbox: Condition = (user, email) => user.email === email;

/** Requests of strangers that are seen to at once. */
const UNDER_WAY_MAX = 200;

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

function invalidLink(): InvalidInputError {
  return new InvalidInputError('token', 'This link is not valid: it was used, or has expired. Ask for a new one.');
}
