import type { MessagePart, ModelMessage } from '../../../ports/language-model.ts';
import { isBlank } from '../../calls/blank-text.ts';
import { invalid } from '../../calls/call-problem.ts';
import type { BodyFields } from '../body-fields.ts';
import { addPart } from '../chat-content.ts';
import { type Conversation, toConversation } from '../conversation.ts';
import { readContent } from './input-content.ts';
import { toArguments } from './response-tools.ts';
import { readThoughts } from './thoughts.ts';
import { joinedName } from './tool-names.ts';

/**
 * Reads `instructions` and `input`. Items of one side that follow each other become one message, and what tools
 * answered becomes part of the user's. All instructions, wherever they are, become the system's; without any other
 * message they are what the user says.
 *
 * @throws CallError
 */
export function readConversation(body: BodyFields): Conversation {
  const reader = new InputReader(body.text('instructions') ?? '');
  const input = body.value('input');
  if (typeof input === 'string') reader.say('user', isBlank(input) ? [] : [{ type: 'text', text: input }]);
  else if (input === null) throw body.refusal('input', 'is missing');
  else for (const item of body.objects('input') ?? []) reader.take(item);
  return reader.end();
}

/** What others' models did by themselves beside their answers, which stand in the items that follow. */
const skipped = ['web_search_call', 'tool_search_call', 'tool_search_output', 'image_generation_call'] as const;
const types = [
  'message',
  'reasoning',
  'function_call',
  'function_call_output',
  'custom_tool_call',
  'custom_tool_call_output',
] as const;
const roles = ['user', 'assistant', 'system', 'developer'] as const;

class InputReader {
  readonly #instructions: string[] = [];
  readonly #messages: { role: ModelMessage['role']; parts: MessagePart[] }[] = [];
  /** The ids of the calls whose results are still to come. */
  readonly #open = new Set<string>();
  /** Whether an image came after what was said last: what an answer says around its images is one text. */
  #isAfterImage = false;
  /** The proofs of the thoughts behind calls, by the calls' ids. */
  readonly #signatures = new Map<string, string>();

  constructor(instructions: string) {
    this.#instruct(instructions);
  }

  take(item: BodyFields): void {
    if (item.value('type') === 'item_reference') {
      throw item.refusal('type', 'refers to an item, and this server keeps none: send the item itself');
    }
    const type = item.word('type', [...types, ...skipped]) ?? 'message';
    switch (type) {
      case 'message':
        this.#takeMessage(item);
        break;
      case 'reasoning':
        this.#takeReasoning(item);
        break;
      case 'function_call':
        this.#takeCall(item, item.text('arguments') || '{}');
        break;
      case 'custom_tool_call':
        this.#takeCall(item, toArguments(item.text('input') ?? ''));
        break;
      case 'function_call_output':
      case 'custom_tool_call_output':
        this.#takeResult(item);
        break;
    }
    this.#isAfterImage = type === 'image_generation_call';
  }

  say(role: ModelMessage['role'], parts: readonly MessagePart[]): void {
    if (parts.length === 0) return;
    const last = this.#messages.at(-1);
    if (last?.role !== role) this.#messages.push({ role, parts: [...parts] });
    else for (const part of parts) addPart(last.parts, part, this.#isAfterImage && role === 'assistant' ? '' : '\n\n');
  }

  end(): Conversation {
    if (this.#open.size > 0) throw invalid('input', `input ends too early: ${this.#unanswered()}.`);
    return toConversation(this.#instructions, this.#messages.map(resultsFirst), 'input');
  }

  #takeMessage(item: BodyFields): void {
    const role = item.word('role', roles);
    if (role === null) throw item.refusal('role', 'is missing');
    if (role === 'system' || role === 'developer') {
      for (const part of readContent(item, 'content', { takesFiles: false })) {
        if (part.type === 'text') this.#instruct(part.text);
      }
      return;
    }
    const parts = readContent(item, 'content', { takesFiles: role === 'user' });
    if (role === 'assistant') this.#answer(item, parts);
    else if (parts.length > 0) this.say('user', parts);
    else throw item.refusal('content', 'must not be empty');
  }

  /** Only what this server wrote is given back to a model; a summary alone is none of its thoughts. */
  #takeReasoning(item: BodyFields): void {
    const parts: MessagePart[] = [];
    for (const thought of readThoughts(item.text('encrypted_content') ?? '')) {
      if (thought.of === 'call') {
        this.#signatures.set(thought.callId, thought.signature);
      } else {
        const { text, signature, redacted } = thought;
        parts.push({ type: 'reasoning', text, signature, redacted });
      }
    }
    this.#answer(item, parts);
  }

  #takeCall(item: BodyFields, json: string): void {
    const id = item.requiredText('call_id');
    if (this.#open.has(id)) throw item.refusal('call_id', 'is that of another call too');
    this.#answer(item, [
      {
        type: 'toolCall',
        id,
        name: joinedName(item.text('namespace'), item.requiredText('name')),
        arguments: json,
        signature: this.#signatures.get(id) ?? null,
      },
    ]);
    this.#open.add(id);
  }

  #takeResult(item: BodyFields): void {
    const callId = item.requiredText('call_id');
    if (!this.#open.delete(callId))
      throw item.refusal('call_id', 'names no call before it, or one that has its result');
    this.say('user', [{ type: 'toolResult', callId, content: readContent(item, 'output', { takesFiles: true }) }]);
  }

  /** Adds to an answer, which may call several tools; the next answer needs what they answered. */
  #answer(item: BodyFields, parts: readonly MessagePart[]): void {
    if (this.#open.size > 0 && this.#messages.at(-1)?.role === 'user') {
      throw item.refusal('type', `comes too early: ${this.#unanswered()}`);
    }
    this.say('assistant', parts);
  }

  #instruct(text: string): void {
    if (!isBlank(text)) this.#instructions.push(text);
  }

  #unanswered(): string {
    const [id] = this.#open;
    return `the call ${id?.slice(0, 100)} has no output yet`;
  }
}

/** Providers want what tools answered to follow the calls at once. */
function resultsFirst({ role, parts }: ModelMessage): ModelMessage {
  if (role === 'assistant') return { role, parts };
  const isResult = ({ type }: MessagePart) => type === 'toolResult';
  return { role, parts: [...parts.filter(isResult), ...parts.filter((part) => !isResult(part))] };
}
