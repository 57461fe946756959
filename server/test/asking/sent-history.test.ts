import { expect, it } from 'vitest';
import type { TurnRow } from '../../src/database/turns.ts';
import type { Answer } from '../../src/database/versions.ts';
import { type Place, placeOf } from '../../src/domain/asking/place.ts';
import { joinHistory } from '../../src/domain/asking/sent-history.ts';

/** A turn after another one; the latest has the highest number. */
function turnOf(number: number, parent: number | null, prompt: string): TurnRow {
  return {
    id: `turn ${number}`,
    conversation_id: 'conversation',
    user_id: 'member',
    parent_id: parent === null ? null : `turn ${parent}`,
    depth: 0,
    prompt,
    parameters: {},
    idempotency_key: null,
    chosen_response_id: null,
    chosen_lane: null,
    with_merge: false,
    agent: null,
    imported: false,
    blind: false,
    revealed_at: null,
    unpaced: false,
    history_response_id: null,
    history_turn_id: null,
    history_lane: null,
    created_at: new Date(number),
  };
}

function answerOf({ id }: TurnRow, text: string): Answer {
  return {
    turn_id: id,
    response_id: `answer of ${id}`,
    lane: 0,
    model_id: 'lab/plain',
    asked_model_id: 'lab/plain',
    status: 'COMPLETED',
    text,
  };
}

function placeAfter(turns: readonly TurnRow[], answers: readonly Answer[]): Place {
  const conversation = { id: 'conversation' } as NonNullable<Place['conversation']>;
  return placeOf({ conversationId: conversation.id }, { conversation, turns, answers });
}

// Each of these took minutes, in which the server did nothing else.

it('a long answer is compared with those of a thousand versions of its prompt', () => {
  const turns = Array.from({ length: 1000 }, (_none, number) => turnOf(number, null, 'Again'));
  const answers = turns.map((turn) => answerOf(turn, 'No.'));
  const before = [{ prompt: 'Again', answer: `${' '.repeat(30_000_000)}Yes.` }];
  expect(() => joinHistory({ before, prompt: 'Next' }, placeAfter(turns, answers), { turns, answers })).toThrow(
    'The conversation does not have 1 of the sent exchanges',
  );
});

it('a long history of equal exchanges is compared with a branch of them', () => {
  const branch = 40_000;
  const turns = Array.from({ length: branch }, (_none, number) =>
    turnOf(number, number === 0 ? null : number - 1, 'Go'),
  );
  const answers = turns.map((turn, number) => answerOf(turn, number === branch - 1 ? 'Stop.' : 'Gone.'));
  const before = [{ prompt: 'Begin', answer: 'Begun.' }, ...Array(24_000).fill({ prompt: 'Go', answer: 'Gone.' })];
  expect(() => joinHistory({ before, prompt: 'Go' }, placeAfter(turns, answers), { turns, answers })).toThrow(
    'The conversation does not have 24,001 of the sent exchanges',
  );
});
