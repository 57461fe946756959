import { expect, test } from 'vitest';
import type { TurnFieldsFragment } from '../../graphql/generated/graphql.ts';
import { isPending, pendingPrompt, pendingTurn, pendingVersion, withPending } from './pending.ts';

const turnOf = (createdAt: string): TurnFieldsFragment => {
  const turn = pendingTurn('Why?', ['a/one', 'a/two'], []);
  const responses = turn.responses.map((response) => ({ ...response, id: `r${response.lane}`, createdAt }));
  return { ...turn, id: 't', responses };
};

test('a requested version is the last of its lane, whatever the local clock says', () => {
  const turn = turnOf('2999-01-01T00:00:00Z');
  const [, second] = turn.responses;
  const version = pendingVersion(turn, second as NonNullable<typeof second>, 'a/three', []);
  const shown = withPending(turn, [version]);
  expect(shown.responses.map(({ id, lane }) => [isPending(id), lane])).toEqual([
    [false, 0],
    [false, 1],
    [true, 1],
  ]);
  expect(version.response).toMatchObject({ model: { id: 'a/three' }, createdAt: '2999-01-01T00:00:00Z' });
});

test('a turn without pending answers stays the same object', () => {
  const turn = turnOf('2026-01-01T00:00:00Z');
  expect(withPending(turn, [])).toBe(turn);
});

test('pending answers have unique ids', () => {
  const ids = [...pendingTurn('a', ['m', 'm'], []).responses, ...pendingTurn('b', ['m'], []).responses];
  expect(new Set(ids.map(({ id }) => id)).size).toBe(3);
});

test('a blind prompt that is on its way names no model, and has as many lanes as models are asked', () => {
  const options = { instead: null, models: [] };
  const picked = pendingPrompt(
    { prompt: 'Why?', files: [] },
    { modelIds: ['a/one', 'a/two', 'a/three'], systemPrompt: '', blind: true },
    options,
  );
  expect(picked.turn).toMatchObject({ blind: true, verdict: null });
  expect(picked.turn.responses.map(({ model }) => model.name)).toEqual(['Answer A', 'Answer B', 'Answer C']);
  expect(JSON.stringify(picked.turn)).not.toContain('a/one');
  const drawn = pendingPrompt({ prompt: 'Why?', files: [] }, { modelIds: [], systemPrompt: '', blind: true }, options);
  expect(drawn.turn.responses).toHaveLength(2);
  const merge = { modelId: 'a/two', mode: 'COMBINE' as const };
  const hidden = pendingPrompt(
    { prompt: 'Why?', files: [] },
    { modelIds: [], systemPrompt: '', blind: true, merge },
    options,
  );
  expect(hidden.turn.responses).toHaveLength(3);
  expect(JSON.stringify(hidden.turn)).not.toContain('COMBINE');
  const four = pendingPrompt(
    { prompt: 'Why?', files: [] },
    { modelIds: [], systemPrompt: '', blind: true, drawCount: 4 },
    options,
  );
  expect(four.turn.responses).toHaveLength(4);
});

test('a prompt with a merge has a lane more, which waits for the others, if there are two', () => {
  const merge = { modelId: null, mode: 'JUDGE' as const };
  const asked = { modelIds: ['a/one', 'a/two'], systemPrompt: '', merge };
  const { turn } = pendingPrompt({ prompt: 'Why?', files: [] }, asked, { instead: null, models: [] });
  expect(turn.responses.map(({ model, mergeMode, lane }) => [model.id, mergeMode, lane])).toEqual([
    ['a/one', null, 0],
    ['a/two', null, 1],
    ['a/one', 'JUDGE', 2],
  ]);
  expect(turn.responses[2]?.mergedFrom).toEqual(turn.responses.slice(0, 2).map(({ id }) => ({ id })));
  const one = pendingPrompt(
    { prompt: 'Why?', files: [] },
    { ...asked, modelIds: ['a/one'] },
    { instead: null, models: [] },
  );
  expect(one.turn.responses).toHaveLength(1);
});
