import { expect, test } from 'vitest';
import type { ModelChoiceFragment } from '../../../graphql/generated/graphql.ts';
import type { Asking } from '../../turns/asking.ts';
import { isChanged, withoutPreset, withPreset } from './applied-preset.ts';
import type { Preset } from './preset-store.ts';

const access = (allowed: boolean) => ({
  allowed,
  denial: allowed ? null : ('TIER_TOO_LOW' as const),
  message: allowed ? null : 'It is part of the Pro plan.',
});
const model = (id: string, allowed = true) =>
  ({ id, name: id, provider: { id: 'a', name: 'A' }, access: access(allowed) }) as ModelChoiceFragment;
const models = [model('a'), model('b'), model('c'), model('dear', false)];
const preset = (ids: string[], more: Partial<Preset> = {}): Preset => ({
  ...{ id: 'p', name: 'Review', systemPrompt: null, prompt: null, temperature: null, topP: null },
  ...{ maxOutputTokens: null, shared: false, changeable: true },
  models: ids.map((id) => models.find((one) => one.id === id) ?? model(id, false)),
  ...more,
});
const asking: Asking = { modelIds: ['c'], systemPrompt: 'Be kind.', parameters: { maxOutputTokens: 9 } };
const limits = { models, limit: 2 };

test('a preset sets what it names, and leaving it brings back what was before', () => {
  const { asking: set, applied } = withPreset(asking, preset(['a', 'b'], { temperature: 0.2 }), limits);
  expect(set).toMatchObject({
    modelIds: ['a', 'b'],
    systemPrompt: 'Be kind.',
    parameters: { maxOutputTokens: 9, temperature: 0.2 },
  });
  expect(applied.left).toEqual([]);
  expect(withoutPreset(set, applied)).toMatchObject(asking);
});

test('models that cannot be asked are left out with the reason, and if that are all, the chosen ones stay', () => {
  const { asking: set, applied } = withPreset(asking, preset(['dear', 'a', 'gone', 'b', 'c']), limits);
  expect(set.modelIds).toEqual(['a', 'b']);
  expect(applied.left).toEqual([
    'It is part of the Pro plan.',
    'It is part of the Pro plan.',
    expect.stringContaining('3 models'),
  ]);
  expect(withPreset(asking, preset(['dear']), limits).asking.modelIds).toEqual(['c']);
});

test('what was changed since stays when the preset is left', () => {
  const { asking: set, applied } = withPreset(asking, preset(['a'], { systemPrompt: 'Be strict.' }), limits);
  expect(isChanged({ ...set, parameters: { ...set.parameters, temperature: null } }, applied)).toBe(false);
  const changed = { ...set, modelIds: ['b'] };
  expect(isChanged(changed, applied)).toBe(true);
  expect(withoutPreset(changed, applied)).toMatchObject({ modelIds: ['b'], systemPrompt: 'Be kind.' });
});
