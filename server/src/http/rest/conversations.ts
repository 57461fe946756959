import { loadResponsesOfTurns, type ShownResponseRow } from '../../domain/answering/responses.ts';
import { failureOf, usageOf } from '../../domain/answering/stored-response.ts';
import { type Catalogue, providerIdOf } from '../../domain/catalogue/catalogue.ts';
import { findBranchThrough } from '../../domain/conversations/branches.ts';
import {
  type ConversationChanges,
  type ConversationRow,
  createConversation,
  findConversationPage,
  findConversations,
  updateConversation,
} from '../../domain/conversations/conversations.ts';
import { deleteConversation } from '../../domain/conversations/deletion.ts';
import { findTurnsWithin, type RoomyTurnRow } from '../../domain/conversations/turns.ts';
import { findFilesOfTurns, type TurnFileRow } from '../../domain/files/files.ts';
import { NotFoundError } from '../../domain/ground/errors.ts';
import { encodeGlobalId } from '../../domain/ground/global-ids.ts';
import { invalid } from '../calls/call-problem.ts';
import { requireConversationId } from '../calls/kept-call.ts';
import { type Operation, sendJson } from './operation.ts';
import { modelIdsOf } from './provider-names.ts';
import {
  conversation,
  conversationChanges,
  conversationPage,
  conversationWithMessages,
  messagesQuery,
  newConversation,
  pageQuery,
} from './schemas.ts';

const tag = 'Conversations';
const one = { id: 'The conversation’s id' };

export const conversationOperations: readonly Operation[] = [
  {
    method: 'POST',
    path: '/api/v1/conversations',
    tag,
    summary: 'Make an empty conversation',
    description: '`POST /api/v1/chat` without a conversation makes one too.',
    scope: 'PROMPT',
    body: newConversation,
    answer: { status: 201, description: 'The conversation', schema: conversation },
    refusals: [400, 404],
    example: { title: 'Travel plans', system_prompt: 'Answer in one sentence.' },
    async handle({ res, viewer, body }, { domain: { db }, offer }) {
      const { catalogue } = offer.now;
      const made = await createConversation(db, catalogue, viewer.id, changesOf(body, catalogue));
      sendJson(res, 201, toConversation(made));
    },
  },
  {
    method: 'GET',
    path: '/api/v1/conversations',
    tag,
    summary: 'List your conversations',
    description: 'The most recently written in first.',
    scope: 'READ',
    query: pageQuery,
    answer: { status: 200, description: 'A page of conversations', schema: conversationPage },
    refusals: [400],
    async handle({ res, viewer, query: { limit, cursor, archived } }, { domain: { db } }) {
      const rows = await findConversationPage(db, {
        userId: viewer.id,
        archived: archived === undefined ? null : archived === 'true',
        after: cursor === undefined ? null : parseCursor(cursor),
        limit: limit + 1,
      });
      const page = rows.slice(0, limit);
      const last = page.at(-1);
      sendJson(res, 200, {
        conversations: page.map(toConversation),
        next_cursor: rows.length > limit && last ? toCursor(last) : null,
      });
    },
  },
  {
    method: 'GET',
    path: '/api/v1/conversations/{id}',
    tag,
    summary: 'Read a conversation with its messages',
    scope: 'READ',
    parameters: one,
    query: messagesQuery,
    answer: { status: 200, description: 'The conversation', schema: conversationWithMessages },
    refusals: [400, 404],
    async handle({ res, viewer, parameters, query: { limit, before } }, { domain }) {
      const id = requireConversationId(parameters.id ?? '');
      const { db } = domain;
      const [found] = await findConversations(db, viewer.id, [id]);
      if (!found) throw new NotFoundError('conversation');
      const branch = await findBranchThrough(db, viewer.id, id, null);
      const end =
        before === undefined ? branch.length : branch.findIndex((turn) => encodeGlobalId('Turn', turn) === before);
      if (end < 0) throw invalid('before', 'This is not a cursor of this conversation.');
      const start = Math.max(0, end - limit);
      const ids = branch.slice(start, end);
      const turns = ids.length === 0 ? [] : await findTurnsWithin(db, viewer.id, { ids, bytesMax: TEXT_BYTES_MAX });
      const wanted = { turnIds: ids, superseded: false, bytesMax: TEXT_BYTES_MAX };
      const responses = ids.length === 0 ? [] : await loadResponsesOfTurns(domain, viewer.id, wanted);
      const files = ids.length === 0 ? [] : await findFilesOfTurns(db, viewer.id, ids);
      sendJson(res, 200, {
        ...toConversation(found),
        messages: ids.flatMap((turnId) => messagesOf(turnId, { turns, responses, files })),
        earlier_cursor: start > 0 ? encodeGlobalId('Turn', branch[start] as string) : null,
      });
    },
  },
  {
    method: 'PATCH',
    path: '/api/v1/conversations/{id}',
    tag,
    summary: 'Rename or change a conversation',
    scope: 'PROMPT',
    parameters: one,
    body: conversationChanges,
    answer: { status: 200, description: 'The conversation', schema: conversation },
    refusals: [400, 404],
    example: { title: 'Plans for the summer' },
    async handle({ res, viewer, parameters, body }, { domain: { db, notifications }, offer }) {
      const { catalogue } = offer.now;
      const id = requireConversationId(parameters.id ?? '');
      const changes = { ...changesOf(body, catalogue), pinned: body.pinned, archived: body.archived };
      const updating = { db, catalogue, notifications };
      sendJson(res, 200, toConversation(await updateConversation(updating, viewer.id, id, changes)));
    },
  },
  {
    method: 'DELETE',
    path: '/api/v1/conversations/{id}',
    tag,
    summary: 'Delete a conversation',
    description: 'Stops its answers. Their receipts, and the entries of the ledger, stay.',
    scope: 'PROMPT',
    parameters: one,
    answer: { status: 204, description: 'It is deleted', schema: null },
    refusals: [404],
    async handle({ res, viewer, parameters }, { domain }) {
      await deleteConversation(domain, viewer.id, requireConversationId(parameters.id ?? ''));
      res.writeHead(204).end();
    },
  },
];

/** The most text of one page, in bytes; what is beyond it is left out, answer by answer. */
const TEXT_BYTES_MAX = 4_000_000;

/** The changes that the body names; a system prompt of null takes it away. */
function changesOf(
  body: {
    title?: string | null;
    models?: string[] | null;
    system_prompt?: string | null;
  },
  catalogue: Catalogue,
): ConversationChanges {
  const { title, models, system_prompt } = body;
  return {
    ...(title != null && { title }),
    ...(models != null && { modelIds: modelIdsOf(catalogue, models) }),
    ...(system_prompt !== undefined && { systemPrompt: system_prompt }),
  };
}

function toConversation(row: ConversationRow) {
  return {
    id: encodeGlobalId('Conversation', row.id),
    title: row.title,
    models: row.model_ids,
    system_prompt: row.system_prompt,
    pinned: row.pinned,
    archived: row.archived,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}

interface Rows {
  turns: readonly RoomyTurnRow[];
  responses: readonly ShownResponseRow[];
  files: readonly TurnFileRow[];
}

function messagesOf(turnId: string, { turns, responses, files }: Rows) {
  const turn = turns.find(({ id }) => id === turnId);
  if (!turn) return [];
  const prompt = {
    id: encodeGlobalId('Turn', turn.id),
    role: 'user',
    content: turn.withheld ? null : turn.prompt,
    files: files.filter(({ turn_id }) => turn_id === turnId).map(toFile),
    provider: null,
    model: null,
    status: null,
    error: null,
    credits: null,
    created_at: turn.created_at.toISOString(),
  };
  return [prompt, ...responses.filter(({ turn_id }) => turn_id === turnId).map(toAnswer)];
}

function toFile({ id, name, media_type, bytes, pages }: TurnFileRow) {
  return { id: encodeGlobalId('File', id), name, media_type, bytes, pages };
}

function toAnswer(row: ShownResponseRow) {
  const model = row.served_by ?? row.model_id;
  const failure = failureOf(row);
  return {
    id: encodeGlobalId('Response', row.id),
    role: 'assistant',
    content: row.withheld || (failure && row.text === '') ? null : row.text,
    files: [],
    provider: providerIdOf(model),
    model,
    status: row.status,
    error: failure?.message ?? null,
    credits: usageOf(row) || row.finished_at ? row.credits_charged : null,
    created_at: row.created_at.toISOString(),
  };
}

function toCursor({ active_at, id }: ConversationRow): string {
  return Buffer.from(`${active_at.toISOString()} ${id}`).toString('base64url');
}

/** Years beyond four digits are beyond the database's times. */
const cursorTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** @throws CallError */
function parseCursor(cursor: string): { activeAt: Date; id: string } {
  const [time = '', id = '', ...rest] = Buffer.from(cursor.slice(0, 200), 'base64url').toString().split(' ');
  const activeAt = new Date(time);
  if (
    !cursorTime.test(time) ||
    rest.length > 0 ||
    Number.isNaN(activeAt.getTime()) ||
    !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)
  ) {
    throw invalid('cursor', 'This is not a cursor of this list.');
  }
  return { activeAt, id };
}
