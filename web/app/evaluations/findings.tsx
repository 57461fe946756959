import { runs as texts } from 'texts:evaluations';
import { useEffect, useState } from 'react';
import { useClient } from 'urql';
import {
  type EvaluationFieldsFragment,
  EvaluationRegressionsDocument,
  type EvaluationRegressionsQuery,
} from '../graphql/generated/graphql.ts';
import { sentence } from '../languages/sentence.tsx';
import { formatCount, formatDecimal, formatPercent, formatShort } from '../ui/figures.ts';
import { Time } from '../ui/time.tsx';

/** What an evaluation says: which model is better, how sure that is, how judges agree, and what became worse. */
export function Findings({ evaluation }: { evaluation: EvaluationFieldsFragment }) {
  const { id, state, decision, agreement, models } = evaluation;
  const regressions = useRegressions(id, state);
  return (
    <section aria-labelledby="findings" className="flex flex-col gap-3">
      <h2 id="findings" className="text-lg font-semibold">
        {texts.findings}
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
        {best
          ? (byJudgeModel ? texts.judgeFoundBest : texts.peopleFoundBest)({ model: best.name })
          : byJudgeModel
            ? texts.judgeCannotTell
            : texts.peopleCannotTell}
      </p>
      {pairs.length > PAIRS_SHOWN ? (
        <details className="text-muted-foreground">
          <summary className="w-fit cursor-pointer rounded-sm hover:text-foreground max-md:py-3">
            {texts.allPairs({ count: pairs.length })}
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
          {evidence < needed
            ? texts.pairOpen({ ...wins(a, b, aWins, bWins, evidence), needed })
            : texts.pairDecided(wins(a, b, aWins, bWins, evidence))}
        </li>
      ))}
    </ul>
  );
}

type Model = DecisionPairs[number]['a'];

function wins(a: Model, b: Model, won: number, lost: number, evidence: number) {
  const shown = evidence < 10 ? formatDecimal(evidence, 1) : formatShort(Math.round(evidence));
  return { a: a.name, b: b.name, won, lost, evidence: shown };
}

function leaderFirst(pair: DecisionPairs[number]) {
  const { a, b, aWins, bWins } = pair;
  return aWins >= bWins ? pair : { ...pair, a: b, b: a, aWins: bWins, bWins: aWins };
}

function Agreement({ agreement }: { agreement: NonNullable<EvaluationFieldsFragment['agreement']> }) {
  const { pairs, agreed, kappa, kappaLow, kappaHigh } = agreement;
  if (pairs === 0) {
    return <p className="text-sm text-muted-foreground">{texts.judgeSome}</p>;
  }
  return (
    <p className="figures text-sm">
      {kappa === null
        ? texts.agree({ share: formatPercent(agreed), pairs })
        : texts.agreeKappa({ share: formatPercent(agreed), pairs, kappa: between(kappa, kappaLow, kappaHigh) })}
    </p>
  );
}

function between(value: number, low: number | null, high: number | null): string {
  const kappa = formatDecimal(value, 2);
  if (low === null || high === null) return kappa;
  return texts.kappaBetween({ kappa, low: formatDecimal(low, 2), high: formatDecimal(high, 2) });
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
  FAILURES: (before, now) => texts.failures({ before: formatPercent(before), now: formatPercent(now) }),
  WINS: (before, now) => texts.wins({ before: formatPercent(before), now: formatPercent(now) }),
  PRICE: (before, now) => texts.price({ before: formatShort(before), now: formatShort(now) }),
  LENGTH: (before, now) => texts.length({ before: formatCount(Math.round(before)), now: formatCount(Math.round(now)) }),
};

function Regressions({ since: { since, total, regressions } }: { since: Since }) {
  const time = <Time at={since.createdAt} />;
  return (
    <div className="flex flex-col gap-1 text-sm">
      <p>
        {total === 0
          ? sentence(texts.nothingWorse, { time })
          : total === regressions.length
            ? sentence(texts.worse, { count: total, time })
            : sentence(texts.worstAre, { count: total, shown: regressions.length, time })}
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
