import { conversation as texts } from 'texts:chat';
import { useNavigate } from '@remix-run/react';
import { Hourglass } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useClient } from 'urql';
import {
  type ConversationHeadFragment,
  DeleteConversationDocument,
  LeaveTemporaryDocument,
} from '../../graphql/generated/graphql.ts';
import { errorWords } from '../../graphql/refusal.ts';
import { tagged } from '../../languages/sentence.tsx';
import { Button } from '../../ui/button.tsx';
import { classes } from '../../ui/classes.ts';
import { sendOnLeaving } from './send-on-leaving.ts';

interface TemporaryBarProps {
  /** Null: the conversation is new. */
  head: ConversationHeadFragment | null;
  /** Whether a prompt may still make a new conversation, so that there is a choice. */
  isNew: boolean;
  /** Has a new conversation be temporary or not. It has to be the same function in every render. */
  onChoose: (temporary: boolean) => void;
}

/** Offers a new chat to be temporary; of one that is, it says so, and tells the server when it is left. */
export function TemporaryBar({ head, isNew, onChoose }: TemporaryBarProps) {
  const [chosen, choose] = useState(false);
  const isTemporary = head ? head.temporary : chosen;
  useEffect(() => onChoose(chosen), [chosen, onChoose]);
  if (!isNew && !isTemporary) return null;
  return (
    <div
      className={classes(
        'flex shrink-0 flex-wrap items-center justify-end gap-x-3 gap-y-1 px-6 py-2 max-md:px-4 print:hidden',
        isTemporary && 'border-b border-dashed border-warning/60 bg-warning-soft',
      )}
    >
      {isTemporary ? (
        <p role="status" className="me-auto text-sm">
          {tagged(texts.notKept, { b: (children) => <span className="font-medium">{children}</span> })}
        </p>
      ) : null}
      {head?.temporary ? <Leaving id={head.id} /> : null}
      {isNew && !head ? <Choice on={chosen} onChange={choose} /> : null}
    </div>
  );
}

function Choice({ on, onChange }: { on: boolean; onChange: (on: boolean) => void }) {
  return (
    <button
      type="button"
      role="switch"
      aria-checked={on}
      title={texts.temporaryMeaning}
      onClick={() => onChange(!on)}
      className={classes(
        'flex h-8 items-center gap-1.5 rounded-md border px-2.5 text-sm transition-colors max-md:h-[44px] [&_svg]:size-3.5',
        on ? 'border-warning bg-card text-foreground' : 'border-dashed text-muted-foreground hover:bg-hover',
      )}
    >
      <Hourglass aria-hidden="true" />
      {texts.temporary}
    </button>
  );
}

/**
 * Tells the server that the page of a temporary conversation is open, and that it was left. A page that is only loaded again
 * opens it again in time.
 */
function Leaving({ id }: { id: string }) {
  const client = useClient();
  const navigate = useNavigate();
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    const stay = () => void client.mutation(LeaveTemporaryDocument, { id, left: false }).toPromise();
    const leave = () => sendOnLeaving(id);
    const onVisible = () => document.visibilityState === 'visible' && stay();
    stay();
    addEventListener('pagehide', leave);
    document.addEventListener('visibilitychange', onVisible);
    return () => {
      removeEventListener('pagehide', leave);
      document.removeEventListener('visibilitychange', onVisible);
      leave();
    };
  }, [client, id]);

  async function remove(): Promise<void> {
    const { data, error } = await client.mutation(DeleteConversationDocument, { id }).toPromise();
    if (data) return navigate('/');
    setProblem(errorWords(error) ?? texts.unreachableAgain);
  }

  return (
    <>
      <Button size="small" variant="danger" onClick={() => void remove()}>
        {texts.deleteNow}
      </Button>
      {problem ? (
        <p role="alert" className="w-full text-end text-sm text-destructive">
          {problem}
        </p>
      ) : null}
    </>
  );
}
