import { type RefObject, useMemo, useRef } from 'react';
import type { ResponseFieldsFragment, TurnFieldsFragment } from '../graphql/generated/graphql.ts';
import { focusField } from '../ui/browser/focus.ts';
import { useBrowserLayoutEffect } from '../ui/browser/layout-effect.ts';
import type { ComposerDraft } from './composer/composer-draft.ts';
import { type Drafts, joined } from './composer/drafts.ts';
import { type AttachedFile, filesPerPrompt } from './files/attached-file.ts';
import { type Asking, type Question, withKnownHistory } from './turns/asking.ts';
import type { Conversation } from './turns/conversation.ts';
import { knownTurns } from './turns/conversation-state.ts';
import type { FailedCall, Sent } from './turns/failed-call.ts';

interface PromptingOptions {
  conversation: Conversation;
  draft: ComposerDraft;
  drafts: Drafts;
  composer: RefObject<HTMLTextAreaElement>;
  arena: RefObject<HTMLElement>;
  failed: FailedCall | null;
  /** Called when the API has taken a prompt, maybe after the page has gone. */
  onTaken: (sent: Sent, asking: Asking) => void;
}

export interface Prompting {
  /** Sends the composer's text. */
  send(): void;
  /** Sends another prompt in a turn's place. */
  edit(turn: TurnFieldsFragment, prompt: string): void;
  /** Chooses this answer's model alone for the composer's prompt, with the model's own answers as its history. */
  continueWith(response: Pick<ResponseFieldsFragment, 'id' | 'model'>): void;
}

/** Sends prompts. The text of a prompt that is not taken comes back to where it was written. */
export function usePrompting(options: PromptingOptions): Prompting {
  const { conversation, draft, drafts, composer, arena, failed } = options;
  const onTaken = useRef(options.onTaken);
  useBrowserLayoutEffect(() => {
    onTaken.current = options.onTaken;
  });
  const editedAt = useRef<number | null>(null);
  // After a failed edit, the page scrolls back to its text: the pending turn had pushed it out of sight.
  useBrowserLayoutEffect(() => {
    if (!failed || editedAt.current === null) return;
    arena.current?.scrollTo({ top: editedAt.current });
    editedAt.current = null;
  }, [failed]);

  return useMemo(() => {
    const asking = (): Asking => {
      const state = conversation.store.read();
      return { ...withKnownHistory(draft.choiceAfter(state.asked), knownTurns(state)), parameters: draft.parameters };
    };

    /** @param rest the text that stays in the composer */
    async function send(question: Question, rest: string): Promise<void> {
      const { prompt, files } = question;
      const { prompt: onItsWay, asked } = conversation.store.read();
      if (onItsWay || !prompt.trim()) return;
      const choice = draft.choiceAfter(asked);
      const how = asking();
      draft.write(rest);
      draft.keepFiles([]);
      draft.keepChoice(null);
      let since = '';
      const retry = () => {
        // If the member changed nothing since, the same prompt is sent, and the text that was written after it stays in
        // the composer. Otherwise the composer's text is sent.
        const now = draft.text;
        if (!now.trim()) return conversation.dismissFailed();
        const untouched = now === joined(prompt, since);
        void send({ prompt: untouched ? prompt : now, files: draft.files }, untouched ? since : '');
      };
      const sent = await conversation.send(question, how, { instead: null, kept: 'composer', retry });
      if (sent) {
        draft.keepParametersFor(sent.conversation.id, how.parameters);
        return onTaken.current(sent, how);
      }
      since = draft.text;
      draft.write(joined(prompt, since));
      draft.keepFiles(withoutTwins([...files, ...draft.files]));
      // A choice that the member made meanwhile is kept already.
      if (!draft.read('choice')) draft.keepChoice({ before: asked, choice });
      focusField(composer.current);
    }

    async function edit(turn: TurnFieldsFragment, prompt: string): Promise<void> {
      if (conversation.store.read().prompt) return;
      const retry = () => {
        const now = drafts.read(turn.id);
        // The member may have cancelled the edit since.
        if (!now.trim()) return conversation.dismissFailed();
        void edit(turn, now);
      };
      // The turn that the history would come from may be the one in whose place the prompt is sent.
      const how = { ...asking(), historyFrom: undefined };
      editedAt.current = arena.current?.scrollTop ?? null;
      const question = { prompt, files: turn.files };
      const sent = await conversation.send(question, how, { instead: turn, kept: 'editor', retry });
      if (!sent) return;
      editedAt.current = null;
      drafts.write(turn.id, '');
      draft.keepChoice(null);
      // The editor closes, and the caret is lost with it.
      focusField(composer.current, { preventScroll: true });
      onTaken.current(sent, how);
    }

    return {
      send: () => void send({ prompt: draft.text, files: draft.files }, ''),
      edit: (turn, prompt) => void edit(turn, prompt),
      continueWith({ id, model }) {
        const { asked } = conversation.store.read();
        const choice = { ...draft.choiceAfter(asked), modelIds: [model.id], blind: undefined, historyFrom: id };
        draft.keepChoice({ before: asked, choice });
        focusField(composer.current);
      },
    };
  }, [conversation, draft, drafts, composer, arena]);
}

/** A file that was attached again while its prompt was on its way is there once. */
function withoutTwins(files: readonly AttachedFile[]): AttachedFile[] {
  return [...new Map(files.map((file) => [file.id, file])).values()].slice(0, filesPerPrompt);
}
