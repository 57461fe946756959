import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { readTranscript } from '../../domain/asking/transcript.ts';
import {
  countMessages,
  deleteClientConversations,
  ensureClientConversation,
  findLatestClientConversation,
  findNamedConversation,
} from '../../domain/conversations/client-conversations.ts';
import { type ConversationRow, findConversationPage } from '../../domain/conversations/conversations.ts';
import { deleteConversation } from '../../domain/conversations/deletion.ts';
import { NotFoundError } from '../../domain/ground/errors.ts';
import { encodeGlobalId } from '../../domain/ground/global-ids.ts';
import { readCallBody } from '../calls/call-request.ts';
import { type ChatKitOptions, callerOf, conversationsMaxOf } from './caller.ts';
import { conversationIdOf, limitOf, queryOf, readCreateRequest, userIdOf } from './request.ts';

/** Answers a request with JSON. @throws CallError, DomainError */
export type JsonAnswer = (req: IncomingMessage, options: ChatKitOptions) => Promise<object>;

/**
 * `GET /chat/history`: the messages of the conversation that a client of this protocol wrote in last. Its own servers
 * keep one history for a user who names no conversation.
 */
export const readHistory: JsonAnswer = async (req, options) => {
  const { userId, member, db } = await reading(req, options);
  const latest = member && (await findLatestClientConversation(db, member.id));
  return { userId, messages: latest ? await messagesOf(options, latest) : [] };
};

/** `GET /chat/conversation`; one that is not there has no messages. */
export const readConversation: JsonAnswer = async (req, options) => {
  const { query, userId, member, db } = await reading(req, options);
  const conversationId = conversationIdOf(query);
  const found = member && (await findNamedConversation(db, member.id, conversationId));
  return { userId, conversationId, messages: found ? await messagesOf(options, found) : [] };
};

/** `GET /chat/conversations`: all of the member's, wherever they were begun, the most recently written in first. */
export const listConversations: JsonAnswer = async (req, options) => {
  const { query, userId, member, db } = await reading(req, options);
  const limit = limitOf(query);
  const rows = member ? await findConversationPage(db, { userId: member.id, limit }) : [];
  const counts = member
    ? await countMessages(
        db,
        member.id,
        rows.map(({ id }) => id),
      )
    : new Map<string, number>();
  return {
    userId,
    conversations: rows.map((row) => ({
      conversationId: nameOf(row),
      title: row.title,
      createdAt: toSeconds(row.created_at),
      updatedAt: toSeconds(row.active_at),
      messageCount: (counts.get(row.id) ?? 0) + (row.system_prompt === null ? 0 : 1),
    })),
  };
};

/** `POST /chat/conversation/create`: makes the conversation, or finds the one of that name. */
export const createConversation: JsonAnswer = async (req, options) => {
  const caller = await callerOf(req, options, 'PROMPT');
  const { userId, conversationId, title } = readCreateRequest(await readCallBody(req, options.calls));
  const member = await caller.require(userId);
  const { domain, offer } = options.calls;
  const clientId = conversationId ?? randomUUID().replaceAll('-', '');
  const row = await ensureClientConversation(domain.db, offer.now.catalogue, {
    userId: member.id,
    clientId,
    title,
    countMax: conversationsMaxOf(member),
  });
  return { ok: true, userId, conversationId: clientId, title: row.title };
};

/** `POST /chat/conversation/delete`; one that is not there counts as deleted. */
export const removeConversation: JsonAnswer = async (req, options) => {
  const { body, userId, member } = await writing(req, options);
  const conversationId = conversationIdOf(body);
  const { domain } = options.calls;
  const found = member && (await findNamedConversation(domain.db, member.id, conversationId));
  if (found) await deleteConversation(domain, found.user_id, found.id).catch(ignoreMissing);
  return { ok: true, userId, conversationId };
};

/** `POST /chat/clear`: deletes what clients of this protocol began; conversations of the web app stay. */
export const clearConversations: JsonAnswer = async (req, options) => {
  const { userId, member } = await writing(req, options);
  if (member) await deleteClientConversations(options.calls.domain, member.id);
  return { ok: true, userId };
};

async function reading(req: IncomingMessage, options: ChatKitOptions) {
  const caller = await callerOf(req, options, 'READ');
  const query = queryOf(req);
  const userId = userIdOf(query);
  return { query, userId, member: await caller.find(userId), db: options.calls.domain.db };
}

async function writing(req: IncomingMessage, options: ChatKitOptions) {
  const caller = await callerOf(req, options, 'PROMPT');
  const body = await readCallBody(req, options.calls);
  const userId = userIdOf(body);
  return { body, userId, member: await caller.find(userId) };
}

async function messagesOf({ calls }: ChatKitOptions, { user_id, id }: ConversationRow): Promise<object[]> {
  const messages = await readTranscript(calls.domain.db, user_id, id).catch(ignoreMissing);
  return (messages ?? []).map(({ files, ...message }) => ({ ...message, meta: files ? { files } : null }));
}

/** Somebody else may have deleted the conversation meanwhile. */
function ignoreMissing(error: unknown): undefined {
  if (!(error instanceof NotFoundError)) throw error;
}

/** What this protocol calls a conversation: its client's name for it, else its id. */
function nameOf({ client_id, id }: ConversationRow): string {
  return client_id ?? encodeGlobalId('Conversation', id);
}

/** Seconds since 1970. */
function toSeconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}
