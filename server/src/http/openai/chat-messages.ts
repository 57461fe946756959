import type { MessagePart, ModelMessage, TextPart, ToolCallPart } from '../../ports/language-model.ts';
import { invalid } from '../calls/call-problem.ts';
import type { BodyFields } from './body-fields.ts';
import { addPart, readContent } from './chat-content.ts';
import { type Conversation, toConversation } from './conversation.ts';

/**
 * Reads the messages of a chat completion. Messages of one role that follow each other become one, and what tools answered
 * becomes part of the user's. All instructions, wherever they are, become the system's; without any other message they are
 * what the user says.
 *
 * @throws CallError
 */
export function readConversation(body: BodyFields): Conversation {
  const given = body.objects('messages');
  if (given === null) throw body.refusal('messages', 'is missing');
  if (given.length === 0) throw body.refusal('messages', 'must have a message');
  const reader = new ConversationReader();
  for (const message of given) reader.take(message);
  return reader.end();
}

const roles = ['system', 'developer', 'user', 'assistant', 'tool', 'function'] as const;

class ConversationReader {
  readonly #instructions: string[] = [];
  readonly #messages: (ModelMessage & { parts: MessagePart[] })[] = [];
  /** The names of the tools whose results are still to come, by the ids of the calls. */
  readonly #open = new Map<string, string>();
  /** How many calls had no id, as those of functions. */
  #functionCalls = 0;

  take(message: BodyFields): void {
    const role = message.word('role', roles);
    if (role === null) throw message.refusal('role', 'is missing');
    if (role === 'system' || role === 'developer') {
      for (const { text } of readTexts(message)) this.#instructions.push(text);
    } else if (role === 'tool') this.#takeResult(message, message.requiredText('tool_call_id'));
    else if (role === 'function') this.#takeResult(message, this.#callOf(message));
    else if (this.#open.size > 0) throw message.refusal('role', `must be tool: ${this.#unanswered()}`);
    else if (role === 'user') this.#takeUser(message);
    else this.#takeAssistant(message);
  }

  end(): Conversation {
    if (this.#open.size > 0) throw invalid('messages', `messages ends too early: ${this.#unanswered()}.`);
    return toConversation(this.#instructions, this.#messages, 'messages');
  }

  #takeUser(message: BodyFields): void {
    const parts = readContent(message, { takesFiles: true });
    if (parts.length === 0) throw message.refusal('content', 'must not be empty');
    this.#say('user', parts);
  }

  /** A message that says nothing is left out: clients keep one of an answer that they have stopped. */
  #takeAssistant(message: BodyFields): void {
    if (message.has('audio')) throw message.refusal('audio', 'names an answer that this server does not keep');
    const parts: MessagePart[] = readTexts(message);
    const refusal = message.text('refusal');
    if (refusal && parts.length === 0) parts.push(textPart(refusal));
    parts.push(...(message.objects('tool_calls') ?? []).map(readCall), ...this.#functionCall(message));
    for (const part of parts) if (part.type === 'toolCall') this.#open.set(part.id, part.name);
    this.#say('assistant', parts);
  }

  #takeResult(message: BodyFields, callId: string): void {
    if (!this.#open.delete(callId)) throw message.refusal('tool_call_id', 'names no call of the message before it');
    this.#say('user', [{ type: 'toolResult', callId, content: readTexts(message) }]);
  }

  #functionCall(message: BodyFields): ToolCallPart[] {
    const call = message.object('function_call');
    if (!call) return [];
    this.#functionCalls += 1;
    return [{ type: 'toolCall', id: `call_${this.#functionCalls}`, ...readFunction(call) }];
  }

  /** The id of the call that a function's result answers. */
  #callOf(message: BodyFields): string {
    const name = message.requiredText('name');
    for (const [id, called] of this.#open) if (called === name) return id;
    throw message.refusal('name', 'names no call of the message before it');
  }

  #unanswered(): string {
    const [id] = this.#open.keys();
    return `the call ${id?.slice(0, 100)} has no result yet`;
  }

  #say(role: ModelMessage['role'], parts: readonly MessagePart[]): void {
    if (parts.length === 0) return;
    const last = this.#messages.at(-1);
    if (last?.role !== role) this.#messages.push({ role, parts: [...parts] });
    else for (const part of parts) addPart(last.parts, part, '\n\n');
  }
}

function readTexts(message: BodyFields): TextPart[] {
  return readContent(message, { takesFiles: false }).filter((part) => part.type === 'text');
}

function readCall(call: BodyFields): ToolCallPart {
  const type = call.text('type') ?? 'function';
  if (type !== 'function') throw call.refusal('type', 'must be function: this server knows no other tools');
  // Gemini wants the proof of its thought back; its own endpoint for this protocol gives and takes it here.
  const signature = call.object('extra_content')?.object('google')?.text('thought_signature') ?? null;
  const id = call.requiredText('id');
  return { type: 'toolCall', id, ...readFunction(call.requiredObject('function')), signature };
}

function readFunction(called: BodyFields): Pick<ToolCallPart, 'name' | 'arguments'> {
  return { name: called.requiredText('name'), arguments: called.text('arguments') || '{}' };
}

function textPart(text: string): TextPart {
  return { type: 'text', text };
}
