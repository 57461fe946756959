import { presets as texts } from 'texts:chat';
import type { ModelChoiceFragment } from '../../../graphql/generated/graphql.ts';
import { accessWords } from '../../../graphql/refusal.ts';
import { type Asking, isChoosable } from '../../turns/asking.ts';
import type { Preset } from './preset-store.ts';

/** What a preset changes of a prompt. */
type Settings = Pick<Asking, 'modelIds' | 'blind' | 'systemPrompt' | 'parameters'>;

/** The preset that a prompt goes by: what it was set to, and what it was before. */
export interface AppliedPreset {
  id: string;
  name: string;
  changeable: boolean;
  set: Settings;
  before: Settings;
  /** Why some of its models are not asked, one sentence each. */
  left: string[];
}

interface Limits {
  models: readonly ModelChoiceFragment[];
  /** How many models one prompt may ask. */
  limit: number;
}

/**
 * Sets what the preset names, and leaves all else as it is. Models that the member cannot ask are left out; if that are
 * all, those that were chosen stay.
 */
export function withPreset(
  asking: Asking,
  preset: Preset,
  { models, limit }: Limits,
): { asking: Asking; applied: AppliedPreset } {
  const choosable = preset.models.filter(({ id }) => models.some((model) => model.id === id && isChoosable(model)));
  const asked = choosable.slice(0, limit).map(({ id }) => id);
  const { temperature, topP, maxOutputTokens, systemPrompt } = preset;
  const blind = asked.length === 1 ? undefined : asking.blind;
  const set: Settings = {
    ...(asked.length > 0 ? { modelIds: asked, blind } : settingsOf(asking)),
    systemPrompt: systemPrompt ?? asking.systemPrompt,
    parameters: {
      ...asking.parameters,
      ...(temperature != null && { temperature }),
      ...(topP != null && { topP }),
      ...(maxOutputTokens != null && { maxOutputTokens }),
    },
  };
  const { id, name, changeable } = preset;
  const before = settingsOf(asking);
  return {
    asking: { ...asking, ...set, historyFrom: asked.length > 0 ? undefined : asking.historyFrom },
    applied: { id, name, changeable, set, before, left: leftWords(preset, { models, limit }) },
  };
}

/** The prompt as it was before the preset, as far as the preset changed it and nothing has changed it since. */
export function withoutPreset(asking: Asking, { set, before }: AppliedPreset): Asking {
  const isAsSet = (name: keyof Settings) => isSame(asking[name], set[name]);
  return {
    ...asking,
    ...(isAsSet('modelIds') && { modelIds: before.modelIds, blind: before.blind }),
    ...(isAsSet('systemPrompt') && { systemPrompt: before.systemPrompt }),
    ...(isAsSet('parameters') && { parameters: before.parameters }),
  };
}

/** Whether the prompt differs from what the preset set. */
export function isChanged(asking: Asking, { set }: AppliedPreset): boolean {
  return (['modelIds', 'systemPrompt', 'parameters'] as const).some((name) => !isSame(asking[name], set[name]));
}

function settingsOf({ modelIds, blind, systemPrompt, parameters }: Asking): Settings {
  return { modelIds, blind, systemPrompt, parameters };
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(withoutNulls(one)) === JSON.stringify(withoutNulls(other));
}

/** Parameters that were emptied are null, and those that never were set are absent. */
function withoutNulls(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).filter(([, one]) => one != null);
  return Object.fromEntries(entries.sort(([one], [other]) => (one < other ? -1 : 1)));
}

function leftWords(preset: Preset, { models, limit }: Limits): string[] {
  const locked = new Map<string, string>();
  let asked = 0;
  for (const named of preset.models) {
    const { id, name } = named;
    const model = models.find((one) => one.id === id);
    if (!model || !isChoosable(model)) {
      locked.set(id, accessWords({ ...model, ...named }) ?? texts.unavailable({ model: name }));
    } else asked += 1;
  }
  const tooMany = asked > limit ? [texts.tooMany({ named: asked, limit })] : [];
  return [...locked.values(), ...tooMany];
}
