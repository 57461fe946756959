import { paying as texts } from 'texts:chat';
import { Link } from '@remix-run/react';
import { useEffect, useState } from 'react';
import { useClient } from 'urql';
import { useCreditFigures } from '../../frame/credit-figures.tsx';
import { usePayers } from '../../frame/payers.tsx';
import { LongestAnswerDocument, type QuoteQuery, type SendPromptInput } from '../../graphql/generated/graphql.ts';
import { Button } from '../../ui/button.tsx';
import { formatCount } from '../../ui/figures.ts';
import { renewalDay } from '../../ui/time.tsx';

interface OutOfCreditsProps {
  /** What is asked, and what it would cost. */
  input: SendPromptInput;
  quote: QuoteQuery['quote'];
  /** The viewer's own credits that are available. */
  ownCredits: number;
  /** Has answers be no longer than so many tokens. */
  onShorten: (tokens: number) => void;
}

/** Says in one place that the payer cannot pay for the prompt as it is, and every way on that there is. */
export function OutOfCredits({ input, quote, ownCredits, onShorten }: OutOfCreditsProps) {
  const { renewsAt, planChanges } = useCreditFigures();
  const { shown: team, teams } = usePayers();
  const longest = useLongestAnswer(input, quote);
  const left = team?.credits.available ?? ownCredits;
  const others = team ? ownCredits > 0 : teams.some(({ archived, credits }) => !archived && credits.available > 0);
  const day = renewalDay(team?.credits.renewsAt ?? renewsAt);
  return (
    <div
      role="status"
      className="flex flex-wrap items-center gap-x-4 gap-y-2 rounded-lg bg-warning-soft px-4 py-2 text-sm"
    >
      <p className="figures min-w-0 flex-1 basis-72">
        <span aria-hidden="true" className="text-warning">
          ⚠{' '}
        </span>
        {left > 0
          ? texts.holdsMore({ maximum: formatCount(quote.maximum), left: formatCount(left) })
          : team
            ? texts.teamUsedUp
            : texts.ownUsedUp}{' '}
        {texts.renewOn({ day })} {wayOn(planChanges ? 'nobody' : team ? 'owner' : 'admin', others)}
      </p>
      <span className="flex flex-wrap items-center gap-2">
        {longest === null ? null : (
          <Button size="small" onClick={() => onShorten(longest)}>
            {texts.shorten({ tokens: longest })}
          </Button>
        )}
        {planChanges && !team ? (
          <Button size="small" asChild>
            <Link to="/usage#plan">{texts.comparePlans}</Link>
          </Button>
        ) : null}
      </span>
    </div>
  );
}

/** What the member can do until then: others may pay, and somebody may give more. */
function wayOn(giver: 'nobody' | 'owner' | 'admin', others: boolean): string {
  if (giver === 'owner') return others ? texts.fewerPayerOrOwner : texts.fewerOrOwner;
  if (giver === 'admin') return others ? texts.fewerPayerOrAdmin : texts.fewerOrAdmin;
  return others ? texts.fewerOrPayer : texts.fewer;
}

/** The longest answers, in tokens, that can be paid. Null: there are none, or that is not known yet. */
function useLongestAnswer(input: SendPromptInput, quote: QuoteQuery['quote']): number | null {
  const client = useClient();
  const [longest, setLongest] = useState<number | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each new quote is for another question
  useEffect(() => {
    let wanted = true;
    void client
      .query(LongestAnswerDocument, { input }, { requestPolicy: 'network-only' })
      .toPromise()
      .then(({ data }) => {
        if (wanted) setLongest(data?.quote.longestAnswer ?? null);
      });
    return () => {
      wanted = false;
    };
  }, [client, quote]);
  return longest;
}
