import { conversation as texts } from 'texts:chat';
import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { useClient } from 'urql';
import { useAnnounce } from '../frame/announcer.tsx';
import { useReturn } from '../frame/use-return.ts';
import type { ModelChoiceFragment } from '../graphql/generated/graphql.ts';
import { tellElsewhere } from '../ui/browser/notes.ts';
import { loadMarkdown } from './answer/markdown-loading.ts';
import { isStandIn, nameOf } from './following/hidden.ts';
import { isLive, type StreamedResponse } from './following/response-stream.ts';
import { Conversation } from './turns/conversation.ts';
import { absentTurns, type FirstChoice, type LoadedConversation, shownTurns } from './turns/conversation-state.ts';

interface Beginning {
  loaded: LoadedConversation | null;
  models: readonly ModelChoiceFragment[];
  first: FirstChoice;
  folderId: string | null;
}

/** The conversation of a page, from the page's first rendering to its last: its state, and the turns to be shown. */
export function useConversation({ loaded, models, first, folderId }: Beginning) {
  const client = useClient();
  const announce = useAnnounce();
  const [conversation] = useState(() => {
    const begun: Conversation = new Conversation({
      ...{ client, models, loaded, first, folderId },
      onStatus(state) {
        announce(statusLine(state));
        if (isLive(state.response.status) || !begun.isIdle()) return;
        const { head } = begun.store.read();
        tellElsewhere({ title: texts.allIn, body: head?.title ?? '', about: head?.id ?? 'new' });
      },
    });
    return begun;
  });
  const { store, streams } = conversation;
  const state = useSyncExternalStore(store.subscribe, store.read, store.read);
  const { turns, later, writing, versions, prompt } = state;
  const shown = useMemo(() => shownTurns({ turns, versions, prompt }), [turns, versions, prompt]);
  const absent = useMemo(() => absentTurns({ turns, later, writing }), [turns, later, writing]);
  useEffect(() => {
    conversation.open();
    return () => conversation.close();
  }, [conversation]);
  useEffect(() => {
    // A new chat needs no renderer yet: it is loaded with the first letter of a prompt.
    if (turns.length === 0) return;
    // The streams wait for the renderer, so that no answer begins as plain text and is laid out anew.
    let wanted = true;
    void loadMarkdown().finally(() => {
      if (wanted) for (const turn of [...turns, ...absent]) streams.hold(turn.id, turn.responses);
    });
    return () => {
      wanted = false;
    };
  }, [streams, turns, absent]);
  useReturn(() => void conversation.catchUp());
  return { conversation, state, shown, absent };
}

function statusLine({ response, outputTokens }: StreamedResponse): string {
  const name = nameOf(response.model);
  if (isStandIn(response.model) && response.status === 'COMPLETED') return texts.finished({ name });
  if (isLive(response.status)) return texts.answering({ name });
  if (response.status === 'COMPLETED') return texts.finishedTokens({ name, tokens: outputTokens });
  if (response.status === 'STOPPED') return texts.stopped({ name });
  return (response.status === 'FAILED' ? texts.failed : texts.interrupted)({ name });
}
