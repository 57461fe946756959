import { presets as texts } from 'texts:chat';
import type { Client } from '@urql/core';
import { useEffect, useSyncExternalStore } from 'react';
import { useClient } from 'urql';
import {
  type PresetFieldsFragment,
  PresetsDocument,
  SetFavouriteModelDocument,
} from '../../../graphql/generated/graphql.ts';

export type Preset = PresetFieldsFragment;

export interface KnownPresets {
  /** The viewer's own first, then those that all members share. */
  presets: readonly Preset[];
  favourites: ReadonlySet<string>;
  /** Whether they are here: they are loaded when something shows them first, and anew each time. */
  progress: 'awaited' | 'here' | 'failed';
}

/** The presets and favourite models of the viewer, loaded when something shows them. */
class PresetStore {
  readonly #client: Client;
  #known: KnownPresets = { presets: [], favourites: new Set(), progress: 'awaited' };
  readonly #listeners = new Set<() => void>();
  #marks = 0;

  constructor(client: Client) {
    this.#client = client;
  }

  readonly read = (): KnownPresets => this.#known;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly load = async (): Promise<void> => {
    const marks = this.#marks;
    const { data } = await this.#client.query(PresetsDocument, {}).toPromise();
    const { viewer } = data ?? {};
    if (!viewer) return this.#set(this.#known.progress === 'here' ? {} : { progress: 'failed' });
    // A mark that was set meanwhile is newer.
    const favourites = marks === this.#marks ? idsOf(viewer.favouriteModels) : this.#known.favourites;
    this.#set({ presets: viewer.presets, favourites, progress: 'here' });
  };

  /** Marks a model as a favourite at once; the mark goes if the API does not take it. */
  readonly mark = async (modelId: string, favourite: boolean): Promise<void> => {
    this.#marks += 1;
    this.#set({ favourites: withMark(this.#known.favourites, modelId, favourite) });
    const { data } = await this.#client.mutation(SetFavouriteModelDocument, { modelId, favourite }).toPromise();
    this.#set({
      favourites: data ? idsOf(data.setFavouriteModel) : withMark(this.#known.favourites, modelId, !favourite),
    });
  };

  #set(change: Partial<KnownPresets>): void {
    this.#known = { ...this.#known, ...change };
    for (const listener of [...this.#listeners]) listener();
  }
}

function idsOf(models: readonly { id: string }[]): Set<string> {
  return new Set(models.map(({ id }) => id));
}

function withMark(favourites: ReadonlySet<string>, modelId: string, favourite: boolean): Set<string> {
  const others = new Set([...favourites].filter((id) => id !== modelId));
  return favourite ? others.add(modelId) : others;
}

const stores = new WeakMap<Client, PresetStore>();

export function usePresetStore(): PresetStore {
  const client = useClient();
  const store = stores.get(client) ?? new PresetStore(client);
  stores.set(client, store);
  return store;
}

/** The presets as they are known, and loaded anew when the component appears. */
export function usePresets(): KnownPresets {
  const store = usePresetStore();
  useEffect(() => void store.load(), [store]);
  return useSyncExternalStore(store.subscribe, store.read, store.read);
}

/** The presets whose names contain the text. */
export function presetsNamed(presets: readonly Preset[], text: string): Preset[] {
  const wanted = text.trim().toLowerCase();
  return presets.filter(({ name }) => name.toLowerCase().includes(wanted));
}

/** Whether the preset has only a prompt: choosing it fills the composer, and changes neither models nor settings. */
export function isPromptOnly({ models, systemPrompt, prompt, temperature, topP, maxOutputTokens }: Preset): boolean {
  const settings = [systemPrompt, temperature, topP, maxOutputTokens];
  return prompt != null && models.length === 0 && settings.every((setting) => setting == null);
}

/** What a preset holds, in one line. */
export function presetWords(preset: Preset): string {
  if (isPromptOnly(preset)) return (preset.prompt ?? '').trim().slice(0, 120);
  const { models, systemPrompt, prompt, temperature, topP, maxOutputTokens } = preset;
  const parts = [
    models.map(({ name }) => name).join(', '),
    systemPrompt == null ? '' : texts.systemPrompt,
    prompt == null ? '' : texts.prompt,
    temperature == null && topP == null && maxOutputTokens == null ? '' : texts.parameters,
  ];
  return parts.filter((part) => part !== '').join(' · ') || texts.nothingSet;
}
