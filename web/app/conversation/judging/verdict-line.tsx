import { judging as texts } from 'texts:chat';
import { Check } from 'lucide-react';
import type { TurnFieldsFragment } from '../../graphql/generated/graphql.ts';
import { Button } from '../../ui/button.tsx';
import { countingOf, verdictWords } from './verdict-words.ts';

interface VerdictLineProps {
  turn: TurnFieldsFragment;
  verdict: NonNullable<TurnFieldsFragment['verdict']>;
  /** Null: it cannot be changed any more. */
  onChange: (() => void) | null;
}

/** The member's verdict, in one line. */
export function VerdictLine({ turn, verdict, onChange }: VerdictLineProps) {
  const { topic, note } = verdict;
  const counting = countingOf(turn);
  return (
    <div className="flex min-h-8 min-w-0 flex-1 flex-wrap items-center gap-x-4 gap-y-1">
      <p className="flex min-w-0 items-center gap-2 font-medium">
        <Check className="size-4 shrink-0 text-primary" aria-hidden="true" />
        <span className="min-w-0 wrap-anywhere">{verdictWords(verdict, turn)}</span>
      </p>
      <p className="flex min-w-0 flex-wrap items-center gap-x-3 text-muted-foreground">
        {counting ? <span title={counting.reason}>{counting.word}</span> : null}
        {topic ? <span>{topic}</span> : null}
        {note ? (
          <span className="max-w-96 truncate italic" title={note}>
            {note}
          </span>
        ) : null}
      </p>
      {onChange ? (
        <Button
          variant="ghost"
          size="small"
          className="-ms-2 max-md:h-[44px]"
          aria-label={texts.changeVerdict}
          onClick={onChange}
        >
          {texts.change}
        </Button>
      ) : null}
    </div>
  );
}
