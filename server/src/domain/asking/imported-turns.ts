import { v7 as newId } from 'uuid';
import {
  insertImportedAnswersStatement,
  insertImportedFilesStatement,
  insertImportedTurnsStatement,
} from '../../database/programs/imported-turns.ts';
import type { Model } from '../catalogue/catalogue.ts';
import type { History } from './lanes.ts';
import type { Exchange, JoinedPlace } from './sent-history.ts';

/** The turn before a new one; it may not be stored yet. */
export interface ParentTurn {
  id: string;
  depth: number;
}

/**
 * Makes turns of what a client's history has beyond the conversation's, and the statements that store them.
 *
 * @param model is taken for the author of the answers: the client does not say who gave them
 */
export function importTurns(
  { parent, history, unstored }: JoinedPlace,
  { conversationId, userId, model }: { conversationId: string; userId: string; model: Model },
): { parent: ParentTurn | null; history: History; statements: ReturnType<typeof statementsOf> } {
  const depth = parent ? parent.depth + 1 : 0;
  const turns = unstored.map((exchange, index) => ({ ...exchange, id: newId(), depth: depth + index }));
  const answers = turns.map(({ id, answer }) => ({
    turn_id: id,
    response_id: newId(),
    lane: 0,
    model_id: model.id,
    asked_model_id: model.id,
    status: 'COMPLETED' as const,
    text: answer,
  }));
  return {
    parent: turns.at(-1) ?? parent,
    history: {
      turns: [
        ...history.turns,
        ...turns.map(({ id, prompt, files = [] }) => {
          return { id, prompt, files, chosen_lane: null, hidden: false, source: null };
        }),
      ],
      answers: [...history.answers, ...answers],
      ...(history.made && { made: history.made }),
    },
    statements: statementsOf({ conversationId, userId, modelId: model.id, parent, turns, answers }),
  };
}

interface Imported {
  conversationId: string;
  userId: string;
  modelId: string;
  parent: ParentTurn | null;
  turns: readonly (ParentTurn & Pick<Exchange, 'prompt' | 'files'>)[];
  answers: readonly { turn_id: string; response_id: string; text: string }[];
}

function statementsOf({ conversationId, userId, modelId, parent, turns, answers }: Imported) {
  if (turns.length === 0) return { importedTurns: undefined, importedAnswers: undefined, importedFiles: undefined };
  const files = turns.flatMap(({ id, files = [] }) =>
    files.map((file, position) => ({ turnId: id, position, fileId: file.id })),
  );
  return {
    importedTurns: insertImportedTurnsStatement({
      conversationId,
      userId,
      ids: turns.map(({ id }) => id),
      parentIds: turns.map((_turn, index) => (turns[index - 1] ?? parent)?.id ?? null),
      depths: turns.map(({ depth }) => depth),
      prompts: turns.map(({ prompt }) => prompt),
    }),
    importedAnswers: insertImportedAnswersStatement({
      conversationId,
      userId,
      modelId,
      ids: answers.map(({ response_id }) => response_id),
      turnIds: answers.map(({ turn_id }) => turn_id),
      texts: answers.map(({ text }) => text),
    }),
    importedFiles:
      files.length > 0
        ? insertImportedFilesStatement({
            turnIds: files.map(({ turnId }) => turnId),
            positions: files.map(({ position }) => position),
            fileIds: files.map(({ fileId }) => fileId),
          })
        : undefined,
  };
}
