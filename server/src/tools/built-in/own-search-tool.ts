import { InvalidInputError } from '../../domain/ground/errors.ts';
import type { BuiltInReach, OwnText } from '../../ports/built-in-tool.ts';
import type { Tool } from '../../ports/tool.ts';
import { integerArgument, textArgument } from './arguments.ts';
import { errorResult, textResult } from './result.ts';

const QUERY_LENGTH_MAX = 500;

/** Searches what the member for whom the model works wrote, was answered and keeps as files; nobody else's. */
export function createOwnSearchTool({ findOwnTexts }: Pick<BuiltInReach, 'findOwnTexts'>): Tool {
  return {
    id: 'search_conversations',
    definition: {
      name: 'search_conversations',
      description:
        'Searches the earlier conversations and the files of the user: prompts, answers and texts of files that have all words of the query, the newest first, with an excerpt each. The present conversation and temporary chats are left out.',
      parameters: {
        type: 'object',
        properties: {
          query: { type: 'string', description: 'Up to five distinctive words' },
          count: { type: 'integer', minimum: 1, maximum: 20, description: 'How many at most. Default: 10' },
        },
        required: ['query'],
        additionalProperties: false,
      },
    },
    isReadOnly: true,
    async call({ arguments: given, userId, conversationId, signal }) {
      const search = textArgument(given, 'query', QUERY_LENGTH_MAX);
      if (search === null) return errorResult(`The query must be a text of at most ${QUERY_LENGTH_MAX} characters.`);
      const limit = integerArgument(given, 'count', { min: 1, max: 20, otherwise: 10 });
      try {
        const found = await findOwnTexts({ userId, search, besides: conversationId, limit }, signal);
        return textResult(found.length === 0 ? 'Nothing was found.' : found.map(told).join('\n\n'));
      } catch (error) {
        if (error instanceof InvalidInputError) return errorResult(error.message);
        throw error;
      }
    },
  };
}

function told({ kind, title, modelId, createdAt, excerpt }: OwnText): string {
  const day = createdAt.toISOString().slice(0, 10);
  if (kind === 'FILE') return `[File “${title}”, ${day}]\n${excerpt}`;
  const whose = kind === 'PROMPT' ? 'Prompt' : `Answer of ${modelId}`;
  return `[${whose} in “${title}”, ${day}]\n${excerpt}`;
}
