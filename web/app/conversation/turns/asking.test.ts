import { expect, test } from 'vitest';
import type { ModelChoiceFragment } from '../../graphql/generated/graphql.ts';
import { firstModels, firstPayer } from './asking.ts';

const model = (id: string, allowed = true) =>
  ({ id, name: id, provider: { id: id.split('/')[0], name: '' }, access: { allowed } }) as ModelChoiceFragment;
const models = [model('a/1'), model('a/2'), model('b/1', false), model('c/1'), model('d/1')];

test('a new conversation asks the models asked last, if they are allowed', () => {
  expect(firstModels(models, 4, [['c/1', 'b/1', 'gone/1', 'a/2'], ['d/1']])).toEqual(['c/1', 'a/2']);
});

test('a first conversation asks the server’s default models, if they are allowed', () => {
  expect(firstModels(models, 4, [[], ['b/1', 'd/1', 'a/2']])).toEqual(['d/1', 'a/2']);
  expect(firstModels(models, 1, [['gone/1'], ['d/1', 'a/2']])).toEqual(['d/1']);
});

test('a conversation asks models of different providers, up to the plan’s limit, if no remembered or default model is allowed', () => {
  expect(firstModels(models, 4, [[], ['b/1']])).toEqual(['a/1', 'c/1', 'd/1']);
  expect(firstModels(models, 2, [])).toEqual(['a/1', 'c/1']);
});

test('a new conversation is paid by the team that paid last, as long as the member is in it and it is in use', () => {
  const teams = [
    { id: 'lab', archived: false },
    { id: 'old', archived: true },
  ];
  expect(firstPayer(teams, ['lab'])).toBe('lab');
  for (const ids of [['old'], ['left'], []]) expect(firstPayer(teams, ids)).toBeUndefined();
});
