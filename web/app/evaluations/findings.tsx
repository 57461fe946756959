import { useEffect, useState } from 'react';
import { useClient } from 'urql';
import {
  type EvaluationFieldsFragment,
  EvaluationRegressionsDocument,
  type EvaluationRegressionsQuery,
} from '../graphql/generated/graphql.ts';
import { formatCount, formatShort, plural } from '../ui/figures.ts';
import { Time } from '../ui/time.tsx';

/** What an evaluation says: which model is better, how sure that is, how judges agree, and what became worse. */
export function Findings({ evaluation }: { evaluation: EvaluationFieldsFragment }) {
  const { id, state, decision, agreement, models } = evaluation;
  const regressions = useRegressions(id, state);
  return (
    <section aria-labelledby="findings" className="flex flex-col gap-3">
      <h2 id="findings" className="text-lg font-semibold">
        Findings
      </h2>
      {models.length > 1 ? <Decision decision={decision} /> : null}
      {agreement ? <Agreement agreement={agreement} /> : null}
      {regressions ? <Regressions since={regressions} /> : null}
    </section>
  );
}

/** So many pairs are told at once; ten models have forty-five. */
const PAIRS_SHOWN = 6;

function Decision({ decision }: { decision: EvaluationFieldsFragment['decision'] }) {
  const { best, byJudgeModel, pairs } = decision;
  return (
    <div className="flex flex-col gap-1 text-sm">
      <p>
        {byJudgeModel ? 'By the judge, ' : 'By people who judged blind, '}
        {best ? `${best.name} is better than all others.` : 'it cannot be told yet which model is best.'}
      </p>
      {pairs.length > PAIRS_SHOWN ? (
        <details className="text-muted-foreground">
          <summary className="w-fit cursor-pointer rounded-sm hover:text-foreground max-md:py-3">
            All {formatCount(pairs.length)} pairs of models
          </summary>
          <Pairs pairs={pairs} />
        </details>
      ) : (
        <Pairs pairs={pairs} />
      )}
    </div>
  );
}

type DecisionPairs = EvaluationFieldsFragment['decision']['pairs'];

function Pairs({ pairs }: { pairs: DecisionPairs }) {
  if (pairs.length === 0) return null;
  return (
    <ul className="figures text-muted-foreground">
      {pairs.map(leaderFirst).map(({ a, b, aWins, bWins, evidence, needed }) => (
        <li key={`${a.id} ${b.id}`}>
          {a.name} beats {b.name} on {plural(aWins, 'prompt')}, and loses {formatCount(bWins)}: evidence{' '}
          {evidence < 10 ? evidence.toFixed(1) : formatShort(Math.round(evidence))}
          {evidence < needed ? `; ${formatCount(needed)} decides` : ', which decides'}
        </li>
      ))}
    </ul>
  );
}

function leaderFirst(pair: DecisionPairs[number]) {
  const { a, b, aWins, bWins } = pair;
  return aWins >= bWins ? pair : { ...pair, a: b, b: a, aWins: bWins, bWins: aWins };
}

function Agreement({ agreement }: { agreement: NonNullable<EvaluationFieldsFragment['agreement']> }) {
  const { pairs, agreed, kappa, kappaLow, kappaHigh } = agreement;
  if (pairs === 0) {
    return (
      <p className="text-sm text-muted-foreground">Judge some pairs to see whether the judge agrees with people.</p>
    );
  }
  return (
    <p className="figures text-sm">
      Judge and people agree on {Math.round(100 * agreed)} % of {plural(pairs, 'pair')}
      {kappa === null
        ? '.'
        : `: kappa ${kappa.toFixed(2)}${kappaLow === null || kappaHigh === null ? '' : `, ${kappaLow.toFixed(2)} to ${kappaHigh.toFixed(2)}`}.`}
    </p>
  );
}

type Since = NonNullable<Extract<EvaluationRegressionsQuery['node'], { __typename: 'Evaluation' }>['regressions']>;

/** What became worse since the last evaluation, once nothing is being asked: it is much to compare. Null: nothing to tell. */
function useRegressions(id: string, state: EvaluationFieldsFragment['state']): Since | null {
  const client = useClient();
  const [regressions, setRegressions] = useState<Since | null>(null);
  useEffect(() => {
    setRegressions(null);
    if (state === 'RUNNING') return;
    let isWanted = true;
    void client
      .query(EvaluationRegressionsDocument, { id }, { requestPolicy: 'network-only' })
      .toPromise()
      .then(({ data }) => {
        if (isWanted) setRegressions(data?.node?.__typename === 'Evaluation' ? data.node.regressions : null);
      });
    return () => {
      isWanted = false;
    };
  }, [client, id, state]);
  return regressions;
}

const kinds: Record<Since['regressions'][number]['kind'], (before: number, now: number) => string> = {
  FAILURES: (before, now) => `failures ${percent(before)} → ${percent(now)}`,
  WINS: (before, now) => `comparisons won ${percent(before)} → ${percent(now)}`,
  PRICE: (before, now) => `credits ${formatShort(before)} → ${formatShort(now)}`,
  LENGTH: (before, now) => `characters ${formatCount(Math.round(before))} → ${formatCount(Math.round(now))}`,
};

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

function Regressions({ since: { since, total, regressions } }: { since: Since }) {
  return (
    <div className="flex flex-col gap-1 text-sm">
      <p>
        {total === 0 ? 'Nothing became worse' : `${plural(total, 'thing')} became worse`} since{' '}
        <Time at={since.createdAt} />
        {total > regressions.length ? `; the worst ${formatCount(regressions.length)} are:` : '.'}
      </p>
      {regressions.length > 0 ? (
        <ul className="divide-y rounded-lg border bg-card">
          {regressions.map(({ kind, prompt, model, before, now }) => (
            <li key={`${kind} ${model.id} ${prompt}`} className="figures px-3 py-2">
              <span className="font-medium">{model.name}</span>: {kinds[kind](before, now)}
              <span className="line-clamp-1 text-xs text-muted-foreground">{prompt}</span>
            </li>
          ))}
        </ul>
      ) : null}
    </div>
  );
}
