import { appendFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Member } from '../../../src/domain/people/members.ts';
import {
  GO_ON,
  type LanguageModel,
  type ModelPart,
  type ModelRequest,
  textOf,
} from '../../../src/ports/language-model.ts';
import type { Tool } from '../../../src/ports/tool.ts';
import { labCatalogue } from '../../credits/catalogue.ts';
import type { KillPoint } from '../../setup/kill-at.ts';

/** A moment of an answer's course at which its process is killed. */
export type Edge = { name: string } & (
  | ({
      /** At a statement, counted from the moment at which the model of this step is asked, or its last tool is called. */
      kind: 'statement';
      from: { step: number; of: 'model' | 'tools' } | 'start';
    } & Pick<KillPoint, 'statement'> &
      Partial<KillPoint>)
  /** Once so many pieces of this step are in the database, and no further one is written. */
  | { kind: 'model'; step: number; pieces: number }
  /** In this tool, as its call of this step arrives, or when it has done its work. */
  | { kind: 'tool'; step: number; tool: string; moment: 'before' | 'after' }
  /** Once the call of this step waits for its member. */
  | { kind: 'waiting'; step: number }
);

/** The order to a process that is to be killed while its agent works. */
export interface EdgeOrder {
  databaseUrl: string | null;
  dataDir: string;
  /** Who asks, or null: the process finds an answer that another one left. */
  member: Member | null;
  toolIds: readonly string[];
  edge: Edge;
  /** The file in which each call of a tool leaves a line. */
  trace: string;
  leaseMs: number;
}

export const edgeCatalogue = labCatalogue({ plain: {} }, { FREE: { monthlyCredits: 10_000_000 } });

/** Steps that call tools before the last one answers. */
export const STEPS = 2;
const saidIn = (step: number) => [`Step ${step}: `, 'one ', 'two ', 'three.'];
export const textOfStep = (step: number) => saidIn(step).join('');
export const STORY = Array.from({ length: STEPS + 1 }, (_, step) => textOfStep(step)).join('\n\n');

const usage = { inputTokens: 50, cachedInputTokens: 0, cacheWriteInputTokens: 0, outputTokens: 12, reasoningTokens: 0 };
/** What each request that ends costs. */
export const REQUEST_CREDITS = 50 * 1 + 12 * 4;

export interface StoryHooks {
  /** Called before each request is answered. */
  onAsked?(step: number): void;
  /** Called after each piece; the next one waits for it. */
  onPiece?(step: number, pieces: number): Promise<void> | void;
}

/**
 * Tells the same story whoever asks: in each step a sentence and a call of each tool, until it was told so often what they
 * did. Asked to go on, it goes on where the sentence ended. It fails if it is told a history that has lost anything.
 */
export function createStoryModel({ onAsked = () => {}, onPiece = () => {} }: StoryHooks = {}): LanguageModel {
  return {
    listModels: async () => [],
    async stream(request, onPart) {
      const { step, said } = readHistory(request);
      onAsked(step);
      const calls =
        step < STEPS ? (request.options?.tools ?? []).flatMap(({ name }, at) => callOf(name, at, step)) : [];
      const sentence = textOfStep(step);
      if (!sentence.startsWith(said)) throw new Error(`It is to go on from something else: ${said}`);
      const words = sentence.slice(said.length).match(/\S+\s*/g) ?? [];
      const parts: ModelPart[] = [...words.map((text) => ({ type: 'text' as const, text })), ...calls];
      for (const [index, part] of parts.entries()) {
        request.signal.throwIfAborted();
        onPart(part);
        await onPiece(step, index + 1);
        await delay(1);
      }
      onPart({ type: 'usage', usage });
      onPart({ type: 'finish', reason: step < STEPS ? 'TOOL_CALLS' : 'STOP' });
    },
  };
}

function callOf(name: string, call: number, step: number): ModelPart[] {
  return [
    { type: 'toolCall', call, id: `${name}-${step}`, name, signature: null },
    { type: 'toolArguments', call, text: '{"step"' },
    { type: 'toolArguments', call, text: `:${step}}` },
  ];
}

function readHistory({ messages }: ModelRequest): { step: number; said: string } {
  const step = messages.filter(({ parts }) => parts.some(({ type }) => type === 'toolResult')).length;
  const last = messages.at(-1)?.parts.at(-1);
  const goesOn = last?.type === 'text' && last.text === GO_ON;
  const answers = messages.filter(({ role }) => role === 'assistant').map(textOf);
  const said = goesOn ? (answers.pop() ?? '') : '';
  const whole = Array.from({ length: step }, (_, number) => textOfStep(number));
  if (answers.join('|') !== whole.join('|')) throw new Error(`The history is another one: ${answers.join('|')}`);
  return { step, said };
}

export interface ToolHooks {
  /** Called as a call arrives, and when it has done its work. */
  onCall?(call: { step: number; tool: string; moment: 'before' | 'after' }): void;
}

/** Tools that leave a line for each call; only `send` needs approval. */
export function createTracedTools(trace: string, { onCall = () => {} }: ToolHooks = {}): Tool[] {
  return ['note', 'ask', 'send'].map((name) => ({
    id: name,
    definition: { name, description: null, parameters: null },
    isReadOnly: name !== 'send',
    async call({ callId, arguments: given }) {
      const step = given.step as number;
      onCall({ step, tool: name, moment: 'before' });
      appendFileSync(trace, `${callId}\n`);
      await delay(5);
      onCall({ step, tool: name, moment: 'after' });
      return { content: [{ type: 'text', text: `Did ${name}.` }], isError: false };
    },
  }));
}
