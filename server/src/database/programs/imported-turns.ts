import { sql } from 'kysely';
import { prepare } from '../connection/prepared.ts';

/** Turns that a client brings with their answers. The arrays have one element a turn, in the same order. */
export interface ImportedTurns {
  conversationId: string;
  userId: string;
  ids: string[];
  /** Null: the turn begins the conversation. */
  parentIds: (string | null)[];
  depths: number[];
  prompts: string[];
}

export const insertImportedTurnsStatement = prepare(
  (_db, to: ImportedTurns) => sql<never>`
    insert into turn (id, conversation_id, user_id, parent_id, depth, prompt, imported)
    select imported.id, ${to.conversationId}::uuid, ${to.userId}, imported.parent_id, imported.depth, imported.prompt, true
    from unnest(${to.ids}::uuid[], ${to.parentIds}::uuid[], ${to.depths}::integer[], ${to.prompts}::text[])
      as imported (id, parent_id, depth, prompt)`,
);

/** The answers of imported turns, one each, in the same order as `turnIds`. */
export interface ImportedAnswers {
  conversationId: string;
  userId: string;
  /** The model that is taken for their author. */
  modelId: string;
  ids: string[];
  turnIds: string[];
  texts: string[];
}

/** Inserts the answers COMPLETED: nothing was asked for them, so that they have no usage, no charge and no receipt. */
export const insertImportedAnswersStatement = prepare(
  (_db, to: ImportedAnswers) => sql<never>`
    insert into response (
      id, turn_id, conversation_id, user_id, lane, model_id, served_by, status, text, finish_reason,
      input_tokens_expected, credits_held, credits_charged, finished_at
    )
    select
      imported.id, imported.turn_id, ${to.conversationId}::uuid, ${to.userId}, 0, ${to.modelId}, ${to.modelId},
      'COMPLETED', imported.text, 'STOP', 0, 0, 0, clock_timestamp()
    from unnest(${to.ids}::uuid[], ${to.turnIds}::uuid[], ${to.texts}::text[]) as imported (id, turn_id, text)`,
);

/** Files in their places in imported turns. The arrays have one element a file, in the same order. */
export interface ImportedFiles {
  turnIds: string[];
  positions: number[];
  fileIds: string[];
}

export const insertImportedFilesStatement = prepare(
  (_db, to: ImportedFiles) => sql<never>`
    insert into turn_file (turn_id, position, file_id)
    select imported.turn_id, imported.position, imported.file_id
    from unnest(${to.turnIds}::uuid[], ${to.positions}::integer[], ${to.fileIds}::uuid[])
      as imported (turn_id, position, file_id)`,
);
