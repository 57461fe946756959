import { useMemo, useState, useSyncExternalStore } from 'react';
import type { ParametersInput } from '../../graphql/generated/graphql.ts';
import { useBrowserLayoutEffect } from '../../ui/browser/layout-effect.ts';
import type { AttachedFile } from '../files/attached-file.ts';
import type { Choice } from '../turns/asking.ts';
import type { Drafts } from './drafts.ts';
import type { AppliedPreset } from './presets/applied-preset.ts';

/** The parts of a draft: the prompt's text and files, the choice of models and system prompt, the parameters, the preset. */
const partNames = ['text', 'files', 'choice', 'parameters', 'preset'] as const;
type Part = (typeof partNames)[number];

/** A choice that holds as long as it replaces the same choice as when it was made. */
interface KeptChoice {
  before: Choice;
  choice: Choice;
}

/**
 * The draft of a conversation's next prompt, kept under the conversation's id as it is written. When a new chat becomes a
 * conversation, its draft moves along in one step, so that a member who is typing notices nothing.
 */
export class ComposerDraft {
  readonly #drafts: Drafts;
  #conversationId: string | null;
  #files: { text: string; files: readonly AttachedFile[] } | null = null;

  constructor(drafts: Drafts, conversationId: string | null) {
    this.#drafts = drafts;
    this.#conversationId = conversationId;
  }

  get text(): string {
    return this.read('text');
  }

  readonly write = (text: string): void => this.#write('text', text);

  /** The files that the server has; the same array as long as nothing changes. */
  get files(): readonly AttachedFile[] {
    const text = this.read('files');
    if (this.#files?.text !== text) this.#files = { text, files: text ? JSON.parse(text) : [] };
    return this.#files.files;
  }

  keepFiles(files: readonly AttachedFile[]): void {
    this.#write('files', files.length > 0 ? JSON.stringify(files) : '');
  }

  /** The choice that the member made since the conversation asked `asked`; without one, `asked`. */
  choiceAfter(asked: Choice): Choice {
    return choiceAfter(this.read('choice'), asked);
  }

  keepChoice(kept: KeptChoice | null): void {
    this.#write('choice', kept ? JSON.stringify(kept) : '');
  }

  get parameters(): ParametersInput {
    return parametersIn(this.read('parameters'));
  }

  keepParameters(parameters: ParametersInput): void {
    this.#write('parameters', parametersText(parameters));
  }

  /** Lets a conversation continue with the parameters that it began with, even if its page is gone by then. */
  keepParametersFor(conversationId: string, parameters: ParametersInput): void {
    this.#drafts.write(placeOf(conversationId, 'parameters'), parametersText(parameters));
  }

  /** Null: the prompt goes by none. */
  readonly keepPreset = (preset: AppliedPreset | null): void =>
    this.#write('preset', preset ? JSON.stringify(preset) : '');

  moveTo(conversationId: string): void {
    if (conversationId === this.#conversationId) return;
    const left = this.#conversationId;
    const parts = partNames.map((part) => [part, this.read(part)] as const);
    for (const [part, value] of parts) this.#drafts.write(placeOf(conversationId, part), value);
    // The draft is read at its new place from here on, so that emptying the old place takes no word from under the caret.
    this.#conversationId = conversationId;
    for (const [part] of parts) this.#drafts.write(placeOf(left, part), '');
  }

  readonly subscribe = (listener: () => void): (() => void) => this.#drafts.subscribe(listener);

  read(part: Part): string {
    return this.#drafts.read(placeOf(this.#conversationId, part));
  }

  #write(part: Part, value: string): void {
    this.#drafts.write(placeOf(this.#conversationId, part), value);
  }
}

/** The draft of a page's composer: its place follows the page's address. */
export function useComposerDraftAt(drafts: Drafts, conversationId: string | null): ComposerDraft {
  const [draft] = useState(() => new ComposerDraft(drafts, conversationId));
  useBrowserLayoutEffect(() => {
    if (conversationId) draft.moveTo(conversationId);
  }, [draft, conversationId]);
  return draft;
}

/** The content of the draft, as it changes. It is empty on the server and while the page is hydrated. */
export function useComposerDraft(draft: ComposerDraft, asked: Choice) {
  const text = useKept(draft, 'text');
  const choice = useKept(draft, 'choice');
  const parameters = useKept(draft, 'parameters');
  const preset = useKept(draft, 'preset');
  return {
    text,
    preset: useMemo((): AppliedPreset | null => (preset ? JSON.parse(preset) : null), [preset]),
    choice: useMemo(() => choiceAfter(choice, asked), [choice, asked]),
    parameters: useMemo(() => parametersIn(parameters), [parameters]),
  };
}

function useKept(draft: ComposerDraft, part: Part): string {
  return useSyncExternalStore(
    draft.subscribe,
    () => draft.read(part),
    () => '',
  );
}

function placeOf(conversationId: string | null, part: Part): string {
  const place = conversationId ?? 'new';
  return part === 'text' ? place : `${place}:${part}`;
}

function choiceAfter(kept: string, asked: Choice): Choice {
  if (!kept) return asked;
  const { before, choice }: KeptChoice = JSON.parse(kept);
  return JSON.stringify(before) === JSON.stringify(asked) ? choice : asked;
}

function parametersIn(kept: string): ParametersInput {
  return kept ? JSON.parse(kept) : {};
}

function parametersText(parameters: ParametersInput): string {
  const anything = Object.values(parameters).some((value) => value != null);
  return anything ? JSON.stringify(parameters) : '';
}
