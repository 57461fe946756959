import { createHash } from 'node:crypto';
import {
  ModelFailure,
  type ModelMessage,
  type ModelRequest,
  type ModelTool,
  type ToolResultPart,
  textOf,
} from '../../ports/language-model.ts';
import { exampleOf } from './example.ts';

export interface ToolCall {
  id: string;
  name: string;
  /** JSON. */
  arguments: string;
}

/**
 * The calls that a mock model makes: of each tool that the prompt names, in the order of its words, or of the tool that
 * it must call. None in answer to tools' results.
 *
 * @throws {ModelFailure} INVALID_REQUEST: it must call a tool that there is not
 */
export function callsOf(request: ModelRequest): ToolCall[] {
  const last = request.messages.at(-1);
  if (last?.role !== 'user' || resultsOf(last).length > 0) return [];
  const words = wordsOf(textOf(last));
  const names = new Set(request.options?.tools?.map(({ name }) => name));
  const others = words.filter((word) => !names.has(word));
  return chosenTools(request, words).map(({ name, parameters }, index) => ({
    id: toCallId(request, name, index),
    name,
    arguments: JSON.stringify(parameters === null ? {} : exampleOf({ type: 'object', ...parameters }, others)),
  }));
}

/** What a mock model says of the tools' results that it was given last; null: there are none. */
export function quoteResults({ messages }: ModelRequest): string | null {
  const last = messages.at(-1);
  const results = last ? resultsOf(last) : [];
  if (results.length === 0) return null;
  return results
    .map(({ callId, content, isError }) => {
      const said = textOf({ parts: content });
      return `The tool ${nameOf(callId, messages)} ${isError ? 'failed' : 'answered'}: “${said || 'nothing'}”.`;
    })
    .join('\n\n');
}

export function resultsOf({ parts }: ModelMessage): ToolResultPart[] {
  return parts.filter((part) => part.type === 'toolResult');
}

/** Words as names of tools are written too. */
export function wordsOf(text: string): string[] {
  return text.match(/[\p{L}\p{N}_-]+/gu) ?? [];
}

function chosenTools({ options }: ModelRequest, words: readonly string[]): ModelTool[] {
  const { tools = [], toolChoice, parallelToolCalls } = options ?? {};
  if (tools.length === 0 || toolChoice === 'none') return [];
  const byName = new Map(tools.map((tool) => [tool.name, tool]));
  if (typeof toolChoice === 'object') {
    const tool = byName.get(toolChoice.name);
    if (!tool) throw new ModelFailure('INVALID_REQUEST', `There is no tool "${toolChoice.name}".`);
    return [tool];
  }
  const named = [...new Set(words)].flatMap((word) => byName.get(word) ?? []);
  const chosen = named.length === 0 && toolChoice === 'required' ? tools.slice(0, 1) : named;
  return parallelToolCalls === false ? chosen.slice(0, 1) : chosen;
}

/** The same call of the same conversation has the same id. */
function toCallId({ model, messages }: ModelRequest, name: string, index: number): string {
  const last = messages.at(-1);
  const seed = JSON.stringify([model, messages.length, last && textOf(last), name, index]);
  return `call_${createHash('sha256').update(seed).digest('hex').slice(0, 24)}`;
}

function nameOf(callId: string, messages: readonly ModelMessage[]): string {
  for (const { parts } of messages) {
    for (const part of parts) if (part.type === 'toolCall' && part.id === callId) return part.name;
  }
  return callId;
}
