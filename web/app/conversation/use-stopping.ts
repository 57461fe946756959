import { useMemo } from 'react';
import { useShortcut } from '../frame/shortcuts/use-shortcut.ts';
import type { TurnFieldsFragment } from '../graphql/generated/graphql.ts';
import { isLive } from './following/response-stream.ts';
import { useLiveIn } from './following/turn-streams.ts';
import type { Conversation } from './turns/conversation.ts';

/**
 * How many answers of the conversation are being written, and what stops them all. Escape does, when nothing else is open
 * that it closes.
 *
 * @param shown the turns in the page
 * @param absent other turns that may be written
 */
export function useStopping(
  conversation: Conversation,
  { shown, absent }: { shown: readonly TurnFieldsFragment[]; absent: readonly TurnFieldsFragment[] },
  stopping: ReadonlySet<string>,
): { running: number; stopAll: () => void } {
  // What has ended for the page never begins again: an answer that is asked for anew is another one.
  const unstopped = useMemo(
    () =>
      [...shown, ...absent].flatMap(({ responses }) =>
        responses.filter(({ id, status }) => isLive(status) && !stopping.has(id)),
      ),
    [shown, absent, stopping],
  );
  const running = useLiveIn(conversation.streams, unstopped);
  useShortcut('stop', () => {
    if (running === 0) return false;
    conversation.stopAll();
    return true;
  });
  return { running, stopAll: conversation.stopAll };
}
