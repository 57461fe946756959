import type { IncomingMessage } from 'node:http';
import { toStorable } from '../../domain/ground/storable-text.ts';
import type { ModelMessage } from '../../ports/language-model.ts';
import { invalid } from '../calls/call-problem.ts';
import { urlOf } from '../security.ts';

/*
 * ai-chat-kit's requests. Every function throws a CallError that names the field which is wrong. Of `params`, which is
 * any object there, what is not as expected counts as absent.
 */

/** UTF-16 code units of a user's or a conversation's name. */
const NAME_LENGTH_MAX = 200;
const CONVERSATIONS_MAX = 200;

type Body = Readonly<Record<string, unknown>>;

export interface ChatStreamRequest {
  userId: string;
  /** Null: none was sent. */
  system: string | null;
  /** From the first message of the user's on. */
  messages: ModelMessage[];
  /** Null: the server chooses. */
  model: string | null;
  /** Null: a new conversation. */
  conversationId: string | null;
}

export function readStreamRequest(body: Body): ChatStreamRequest {
  const messages = readMessages(body.messages);
  const systems = messages.filter(({ role }) => role === 'system').map(({ content }) => content);
  const spoken = messages.flatMap(({ role, content }): ModelMessage[] =>
    role === 'system' ? [] : [{ role, parts: [{ type: 'text', text: content }] }],
  );
  const first = spoken.findIndex(({ role }) => role === 'user');
  const params = readObject(body.params, 'params');
  return {
    userId: userIdOf(body),
    system: systems.length > 0 ? systems.join('\n\n') : null,
    // A page's greeting, which no model wrote, is not asked of one.
    messages: first < 0 ? [] : spoken.slice(first),
    model: wordIn(params?.model),
    conversationId: optionalName(wordIn(params?.conversationId), 'params.conversationId'),
  };
}

interface ChatMessage {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

function readMessages(value: unknown): ChatMessage[] {
  if (!Array.isArray(value)) throw invalid('messages', 'messages must be a list.');
  return value.map((item: unknown, index) => {
    const place = `messages[${index}]`;
    const { role, content, meta } = readObject(item, place) ?? {};
    const known = (['system', 'user', 'assistant'] as const).find((one) => one === role);
    if (!known) throw invalid(`${place}.role`, `${place}.role must be system, user or assistant.`);
    if (typeof content !== 'string') throw invalid(`${place}.content`, `${place}.content must be a string.`);
    readObject(meta, `${place}.meta`);
    return { role: known, content };
  });
}

/** Null: it is absent. */
function readObject(value: unknown, place: string): Body | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'object' && !Array.isArray(value)) return value as Body;
  throw invalid(place, `${place} must be an object.`);
}

function wordIn(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
}

export function userIdOf(body: Body): string {
  return requiredName(body.userId, 'userId');
}

export function conversationIdOf(body: Body): string {
  return requiredName(body.conversationId, 'conversationId');
}

export function readCreateRequest(body: Body): { userId: string; conversationId: string | null; title: string } {
  const conversationId = optionalText(body.conversationId, 'conversationId');
  return {
    userId: userIdOf(body),
    conversationId: optionalName(wordIn(conversationId), 'conversationId'),
    title: optionalText(body.title, 'title') ?? '',
  };
}

/** The fields of a GET's query, as a body has them. */
export function queryOf(req: IncomingMessage): Body {
  return Object.fromEntries(urlOf(req)?.searchParams ?? []);
}

export function limitOf({ limit = '50' }: Body): number {
  if (typeof limit === 'string' && /^[1-9]\d{0,8}$/.test(limit)) return Math.min(Number(limit), CONVERSATIONS_MAX);
  throw invalid('limit', 'limit must be a whole number above 0.');
}

function requiredName(value: unknown, field: string): string {
  const name = typeof value === 'string' ? optionalName(value, field) : null;
  if (name) return name;
  throw invalid(field, `${field} must be a string of 1 to ${NAME_LENGTH_MAX} characters.`);
}

function optionalName(name: string | null, field: string): string | null {
  if (name === null || name.length <= NAME_LENGTH_MAX) return name && toStorable(name);
  throw invalid(field, `${field} may have at most ${NAME_LENGTH_MAX} characters.`);
}

function optionalText(value: unknown, field: string): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string') return value;
  throw invalid(field, `${field} must be a string.`);
}
