import { sql } from 'kysely';
import { prepare } from '../connection/prepared.ts';
import { conversationAt, type Whereabouts } from '../conversations.ts';
import { fileColumns, type TurnFileRow } from './files.ts';

/** A file of a prompt, or one that a model made in an answer to it. */
export type ConversationFileRow = TurnFileRow & { made: boolean };

/** The files of all prompts of a conversation, and those that models made in its answers, by turn and place. */
export const findFilesAtStatement = prepare((db, at: Whereabouts) =>
  db
    .selectFrom('turn_file')
    .innerJoin('turn', 'turn.id', 'turn_file.turn_id')
    .innerJoin('file', 'file.id', 'turn_file.file_id')
    .select(fileColumns)
    .select(['turn_file.turn_id', 'turn_file.position', sql<boolean>`false`.as('made')])
    .where('turn.user_id', '=', at.userId)
    .where('turn.conversation_id', '=', conversationAt(at))
    .unionAll(
      db
        .selectFrom('response_file')
        .innerJoin('response', 'response.id', 'response_file.response_id')
        .innerJoin('file', 'file.id', 'response_file.file_id')
        .select(fileColumns)
        .select(({ ref }) => ref('response.turn_id').$castTo<string>().as('turn_id'))
        .select(['response_file.position', sql<boolean>`true`.as('made')])
        .where('response.user_id', '=', at.userId)
        .where('response.conversation_id', '=', conversationAt(at)),
    )
    .orderBy('turn_id')
    .orderBy('position'),
);
