import { prepare } from '../connection/prepared.ts';
import { conversationAt, type Whereabouts } from '../conversations.ts';
import { fileColumns } from './files.ts';

/** The files of all turns of a conversation, by turn and place. */
export const findFilesAtStatement = prepare((db, at: Whereabouts) =>
  db
    .selectFrom('turn_file')
    .innerJoin('turn', 'turn.id', 'turn_file.turn_id')
    .innerJoin('file', 'file.id', 'turn_file.file_id')
    .select(fileColumns)
    .select(['turn_file.turn_id', 'turn_file.position'])
    .where('turn.user_id', '=', at.userId)
    .where('turn.conversation_id', '=', conversationAt(at))
    .orderBy('turn_file.turn_id')
    .orderBy('turn_file.position'),
);
