import { WRITING_MAX, writingTurns } from '../../domain/conversations/turns.ts';
import { Conversation } from '../conversation.ts';
import { builder } from '../ground/builder.ts';
import { Turn } from '../turn.ts';

builder.objectField(Conversation, 'writing', (t) =>
  t.field({
    type: [Turn],
    complexity: { field: 20, multiplier: WRITING_MAX },
    description:
      'The turns with an answer that is being written, of all branches, the newest first: stopResponses stops each.',
    resolve: ({ id, user_id }, _args, { db }) => writingTurns(db, user_id, id),
  }),
);
