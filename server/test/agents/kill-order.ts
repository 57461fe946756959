import { appendFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { LanguageModel } from '../../src/ports/language-model.ts';
import type { Tool } from '../../src/ports/tool.ts';
import { labCatalogue } from '../credits/catalogue.ts';

/** The order to a process that is to be killed while its agents work. */
export interface KilledOrder {
  databaseUrl: string;
  leaseMs: number;
  /** How many answers it begins, each of a member of its own. */
  prompts: number;
  killAfterMs: number;
  /** The file in which each call of a tool leaves a line. */
  trace: string;
}

export const killedCatalogue = labCatalogue({ plain: {} }, { FREE: { monthlyCredits: 10_000_000 } });

/** Steps that call tools before the last one answers. */
export const STEPS = 3;

const usage = { inputTokens: 50, cachedInputTokens: 0, cacheWriteInputTokens: 0, outputTokens: 12, reasoningTokens: 0 };

/** Says a few words in each step, and calls two tools at once, until it has been told so often what they did. */
export const steadyModel: LanguageModel = {
  listModels: async () => [],
  async stream({ messages, signal }, onPart) {
    const told = messages.filter(({ parts }) => parts.some(({ type }) => type === 'toolResult')).length;
    for (const word of [`Step ${told}: `, 'one ', 'two ', 'three.']) {
      signal.throwIfAborted();
      onPart({ type: 'text', text: word });
      await delay(25);
    }
    if (told < STEPS) {
      for (const [call, name] of ['note', 'ask'].entries()) {
        onPart({ type: 'toolCall', call, id: `${name}-${told}`, name, signature: null });
        onPart({ type: 'toolArguments', call, text: `{"step":${told}}` });
      }
    }
    onPart({ type: 'usage', usage });
    onPart({ type: 'finish', reason: told < STEPS ? 'TOOL_CALLS' : 'STOP' });
  },
};

/** Tools that leave a line for each call: at once, and after a while. */
export function tracingTools(trace: string): Tool[] {
  return ['note', 'ask'].map((name) => ({
    id: name,
    definition: { name, description: null, parameters: null },
    isReadOnly: true,
    async call({ callId }) {
      appendFileSync(trace, `${callId}\n`);
      await delay(name === 'ask' ? 60 : 5);
      return { content: [{ type: 'text', text: `Did ${name}.` }], isError: false };
    },
  }));
}
