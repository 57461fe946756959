import { useState } from 'react';
import { useClient } from 'urql';
import { useAnnounce } from '../../frame/announcer.tsx';
import { JudgeTurnDocument, RevealTurnDocument, type TurnFieldsFragment } from '../../graphql/generated/graphql.ts';
import { useTurnActions } from '../turns/actions.ts';
import { toSendError } from '../turns/failed-call.ts';
import { byLane, shownOf } from '../turns/versions.ts';
import type { Ballot } from './contestants.ts';
import { revealWords, verdictWords } from './verdict-words.ts';

/** What is said beside the pick. Empty texts say nothing. */
export interface Remarks {
  topic: string;
  note: string;
}

/** Sends verdicts on a turn, and reveals it. Both resolve to whether the API took it; else `problem` says why not. */
export function useVerdict(turn: TurnFieldsFragment) {
  const client = useClient();
  const announce = useAnnounce();
  const { told } = useTurnActions();
  const [sending, setSending] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);

  async function take(asked: Promise<{ turn: TurnFieldsFragment | undefined; error: unknown }>): Promise<boolean> {
    setSending(true);
    const { turn: after, error } = await asked;
    setSending(false);
    setProblem(after ? null : toSendError(error).message);
    if (!after) return false;
    const revealed = turn.hidden && !after.hidden ? revealWords(byLane(after.responses).map(shownOf)) : '';
    announce(`${after.verdict ? verdictWords(after.verdict, after) : ''} ${revealed}`.trim());
    told(after);
    return true;
  }

  async function judge(pick: Ballot, { topic, note }: Remarks): Promise<boolean> {
    const input = {
      turnId: turn.id,
      kind: pick.kind,
      ...(pick.kind === 'BEST' && { bestResponseIds: [pick.responseId] }),
      topic: topic.trim() || null,
      note: note.trim() || null,
    };
    const asked = client.mutation(JudgeTurnDocument, { input }).toPromise();
    return take(asked.then(({ data, error }) => ({ turn: data?.judgeTurn, error })));
  }

  async function reveal(): Promise<boolean> {
    const asked = client.mutation(RevealTurnDocument, { turnId: turn.id }).toPromise();
    return take(asked.then(({ data, error }) => ({ turn: data?.revealTurn, error })));
  }

  return { judge, reveal, sending, problem };
}
