import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ModelChoiceFragment } from '../../../graphql/generated/graphql.ts';
import { isComplete, modelsOf } from '../../turns/asking.ts';
import { blindMeaning, blindRefusal, drawCounts, withBlind } from './blind-choice.ts';

const modelsWith = (allowed: boolean[]) => allowed.map((allowed) => ({ access: { allowed } }) as ModelChoiceFragment);
const choice = fc.record({
  modelIds: fc.array(fc.constantFrom('a/one', 'a/two', 'a/three'), { maxLength: 4 }),
  systemPrompt: fc.constant(''),
  blind: fc.constantFrom(true, undefined),
  drawCount: fc.constantFrom(undefined, 2, 3),
  merge: fc.constantFrom(undefined, { modelId: null, mode: 'JUDGE' as const }),
  historyFrom: fc.constantFrom('r', undefined),
});

test('blind needs two models that may be asked, and two or more chosen ones or none', () => {
  const models = modelsWith([true, true, false]);
  expect(blindRefusal({ modelIds: [] }, { models, limit: 6 })).toBeNull();
  expect(blindRefusal({ modelIds: ['a/one', 'a/two'] }, { models, limit: 6 })).toBeNull();
  expect(blindRefusal({ modelIds: ['a/one'] }, { models, limit: 6 })).toMatch(/add a model/);
  expect(blindRefusal({ modelIds: [] }, { models, limit: 1 })).toMatch(/one model at a time/);
  expect(blindRefusal({ modelIds: [] }, { models: modelsWith([true, false]), limit: 6 })).toMatch(/only one/);
  expect(blindMeaning({ modelIds: [] }, false)).toMatch(/draws two/);
  expect(blindMeaning({ modelIds: [], drawCount: 4 }, false)).toMatch(/draws four/);
  expect(blindMeaning({ modelIds: [], merge: { modelId: null, mode: 'COMBINE' } }, false)).toMatch(/hides among/);
  expect(blindMeaning({ modelIds: [] }, true)).toMatch(/same letters/);
  expect(blindMeaning({ modelIds: ['a/one', 'a/two'] }, true)).toMatch(/secret order/);
});

test('switched off again, a prompt has models to ask, and goes on from no single answer', () => {
  fc.assert(
    fc.property(choice, fc.boolean(), (choice, on) => {
      const next = withBlind(choice, on, ['a/first']);
      expect(next).toMatchObject({ blind: on || undefined, historyFrom: undefined });
      if (choice.modelIds.length > 0) expect(next.modelIds).toEqual(choice.modelIds);
      else expect(next.modelIds).toEqual(on ? [] : ['a/first']);
    }),
  );
});

test('as many models can be drawn as the plan asks at once and the member may ask', () => {
  const models = modelsWith([true, true, true, true, false]);
  expect(drawCounts({ models, limit: 12 })).toEqual([2, 3, 4]);
  expect(drawCounts({ models, limit: 3 })).toEqual([2, 3]);
  expect(drawCounts({ models, limit: 2 })).toEqual([]);
});

test('a prompt that can be sent names models or leaves them to the server, and says blind only if it is', () => {
  fc.assert(
    fc.property(choice, (choice) => {
      const { modelIds = [], blind = false, drawCount, merge } = modelsOf(choice);
      expect(blind).toBe(choice.blind === true);
      expect(drawCount).toBe(blind && modelIds.length === 0 && choice.drawCount === 3 ? 3 : undefined);
      if (merge) expect([choice.merge !== undefined, blind || modelIds.length > 1]).toEqual([true, true]);
      if (merge) expect(merge.mode).toBe(blind ? 'COMBINE' : 'JUDGE');
      if (isComplete(choice)) expect(blind ? modelIds.length !== 1 : modelIds.length > 0).toBe(true);
    }),
  );
});
