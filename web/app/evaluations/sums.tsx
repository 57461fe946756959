import { runs as texts } from 'texts:evaluations';
import { useHref } from '@remix-run/react';
import {
  type EvaluationFieldsFragment,
  OpenEvaluationFiguresDocument,
  type ScoreFieldsFragment,
  type SumFieldsFragment,
} from '../graphql/generated/graphql.ts';
import { Button } from '../ui/button.tsx';
import { formatCount, formatSeconds, formatShort } from '../ui/figures.ts';
import { type Column, Table } from '../ui/table.tsx';
import { Refusal } from './refusal.tsx';
import { useAction } from './use-action.ts';

/** Wins, ties and losses: `12 · 3 · 5`; a dash where nothing was compared, or is not to be known yet. */
export function scoreText(score: ScoreFieldsFragment | null): string {
  if (!score || score.wins + score.ties + score.losses === 0) return '–';
  return [score.wins, score.ties, score.losses].map(formatCount).join(' · ');
}

const columns: Column<SumFieldsFragment>[] = [
  { id: 'model', head: texts.model, cell: ({ model }) => <span className="font-medium">{model.name}</span> },
  { id: 'completed', head: texts.answers, numeric: true, cell: ({ completed }) => formatCount(completed) },
  {
    id: 'failed',
    head: texts.failed,
    numeric: true,
    cell: ({ failed }) => (failed > 0 ? `⚠ ${formatCount(failed)}` : '0'),
  },
  { id: 'judge', head: texts.byJudge, numeric: true, cell: ({ judge }) => scoreText(judge) },
  { id: 'people', head: texts.byPeople, numeric: true, cell: ({ people }) => scoreText(people) },
  {
    id: 'credits',
    head: texts.credits,
    numeric: true,
    cell: ({ answers, credits }) => (answers === 0 || credits === null ? '–' : formatShort(credits)),
  },
  {
    id: 'each',
    head: texts.anAnswer,
    numeric: true,
    cell: ({ credits, answers }) =>
      answers === 0 || credits === null ? '–' : formatShort(Math.round(credits / answers)),
  },
  {
    id: 'first',
    head: texts.firstWord,
    numeric: true,
    cell: ({ firstTokenMs }) => (firstTokenMs === null ? '–' : formatSeconds(firstTokenMs)),
  },
  {
    id: 'length',
    head: texts.characters,
    numeric: true,
    cell: ({ characters }) => (characters === null ? '–' : formatCount(Math.round(characters))),
  },
];

/** Says why lengths and prices are not shown, and shows them. */
function HiddenFigures({ id }: { id: string }) {
  const action = useAction();
  return (
    <>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2 text-sm text-muted-foreground">
        <p>{texts.hiddenFigures}</p>
        <Button
          size="small"
          disabled={action.busy}
          title={texts.showFiguresMeans}
          onClick={() => void action.act(OpenEvaluationFiguresDocument, { id })}
        >
          {texts.showFigures}
        </Button>
      </div>
      <Refusal text={action.refusal} />
    </>
  );
}

/** What each model did over all prompts. */
export function Sums({ evaluation }: { evaluation: EvaluationFieldsFragment }) {
  const path = useHref(`/export/evaluation/${encodeURIComponent(evaluation.id)}.jsonl`);
  return (
    <section aria-labelledby="models" className="flex flex-col gap-3">
      <div>
        <h2 id="models" className="text-lg font-semibold">
          {texts.models}
        </h2>
        <p className="text-sm text-muted-foreground">{texts.sumsMean}</p>
      </div>
      <Table label={texts.models} columns={columns} rows={evaluation.sums} keyOf={({ model }) => model.id} />
      {evaluation.sums.some(({ credits }) => credits === null) ? <HiddenFigures id={evaluation.id} /> : null}
      <a
        href={path}
        download
        title={texts.allAnswersMeans}
        className="inline-flex w-fit items-center text-sm text-muted-foreground underline underline-offset-2 hover:text-foreground max-md:min-h-[44px]"
      >
        {texts.allAnswers}
      </a>
    </section>
  );
}
