import { runs as texts } from 'texts:evaluations';
import { ChevronRight } from 'lucide-react';
import { useState } from 'react';
import { useClient } from 'urql';
import {
  type EvaluationFieldsFragment,
  OpenEvaluationAnswersDocument,
  type OpenEvaluationAnswersMutation,
} from '../graphql/generated/graphql.ts';
import { errorWords } from '../graphql/refusal.ts';
import { sentence } from '../languages/sentence.tsx';
import { formatCount, formatSeconds } from '../ui/figures.ts';
import { Pages } from '../ui/pages.tsx';
import { type Column, Table } from '../ui/table.tsx';
import type { AnswerView } from './answer-view.ts';
import { Refusal } from './refusal.tsx';
import { scoreText } from './sums.tsx';

type Row = EvaluationFieldsFragment['matrix'][number];
type Opened = OpenEvaluationAnswersMutation['openEvaluationAnswers'];

/** Prompts by models, each row to open with all its answers. */
export function Matrix({ evaluation, Answer }: { evaluation: EvaluationFieldsFragment; Answer: AnswerView }) {
  const client = useClient();
  const [opened, setOpened] = useState<{ position: number; answers: Opened } | null>(null);
  const [problem, setProblem] = useState<string | null>(null);

  async function open(position: number): Promise<void> {
    if (opened?.position === position) return setOpened(null);
    const { data, error } = await client
      .mutation(OpenEvaluationAnswersDocument, { id: evaluation.id, position })
      .toPromise();
    setProblem(error ? (errorWords(error) ?? texts.unreachable) : null);
    if (data) setOpened({ position, answers: data.openEvaluationAnswers });
  }

  const columns: Column<Row>[] = [
    {
      id: 'prompt',
      head: texts.prompt,
      className: 'max-w-80 max-md:min-w-44 max-md:max-w-44 xl:min-w-52',
      cell: ({ position, prompt, topic }) => (
        <button
          type="button"
          aria-expanded={opened?.position === position}
          className="group/open flex w-full items-start gap-1.5 rounded-sm text-start max-md:min-h-[44px]"
          onClick={() => void open(position)}
        >
          <ChevronRight
            aria-hidden="true"
            className="mt-1 size-3.5 shrink-0 text-muted-foreground group-aria-expanded/open:rotate-90 rtl:-scale-x-100 rtl:group-aria-expanded/open:-rotate-90"
          />
          <span className="min-w-0">
            <span className="line-clamp-2 wrap-anywhere group-hover/open:underline">{prompt}</span>
            {topic ? <span className="text-xs text-muted-foreground">{topic}</span> : null}
          </span>
        </button>
      ),
    },
    ...evaluation.models.map(
      ({ id, name }, lane): Column<Row> => ({
        id,
        head: name,
        numeric: true,
        cell: ({ cells }) => <CellText cell={cells[lane]} />,
      }),
    ),
  ];
  return (
    <section aria-labelledby="matrix" className="flex flex-col gap-3">
      <div>
        <h2 id="matrix" className="text-lg font-semibold">
          {texts.promptsTitle}
        </h2>
        <p className="text-sm text-muted-foreground">{texts.openMatrixMeans}</p>
      </div>
      <Refusal text={problem} />
      <Table
        label={texts.promptsByModels}
        columns={columns}
        rows={evaluation.matrix}
        keyOf={({ position }) => String(position)}
        detail={({ position }) =>
          opened?.position === position ? <Answers opened={opened.answers} Answer={Answer} /> : null
        }
      />
    </section>
  );
}

function CellText({ cell }: { cell: Row['cells'][number] | undefined }) {
  if (!cell || cell.answers === 0) return <span className="text-muted-foreground">·</span>;
  const { completed, failed, running, judge, people } = cell;
  const state =
    failed > 0
      ? `⚠ ${texts.failedCell({ count: failed })}`
      : running > 0
        ? `● ${texts.writing}`
        : `✓ ${formatCount(completed)}`;
  const score = [judge, people].map(scoreText).find((text) => text !== '–');
  return (
    <>
      {state}
      {score ? <span className="block text-xs text-muted-foreground">{score}</span> : null}
    </>
  );
}

const statusNames: Record<Opened['answers'][number]['status'], string> = {
  QUEUED: texts.queuedStatus,
  STREAMING: texts.streamingStatus,
  COMPLETED: texts.done,
  FAILED: texts.failedStatus,
  STOPPED: texts.stoppedStatus,
  INTERRUPTED: texts.interruptedStatus,
};

function Answers({ opened, Answer }: { opened: Opened; Answer: AnswerView }) {
  return (
    <div className="flex flex-col gap-3">
      {opened.reference ? (
        <p className="rounded-md bg-muted px-3 py-2 text-sm wrap-anywhere whitespace-pre-wrap">
          {sentence(
            texts.hopedFor,
            { text: opened.reference },
            { b: (label) => <span className="font-medium">{label}</span> },
          )}
        </p>
      ) : null}
      <div className="columns-2 gap-3 max-lg:columns-1">
        {opened.answers.map(({ model, repeat, status, text, failure, creditsCharged, durationMs }) => (
          <article
            key={`${model.id} ${repeat}`}
            className="mb-3 flex min-w-0 break-inside-avoid flex-col gap-2 rounded-lg border bg-card p-3"
          >
            <h3 className="text-sm font-medium">
              {model.name}
              {repeat > 0 ? (
                <span className="font-normal text-muted-foreground"> · {texts.time({ n: repeat + 1 })}</span>
              ) : null}
            </h3>
            {text ? (
              <Answer text={text} />
            ) : (
              <p className="text-sm text-muted-foreground">{failure || texts.noAnswer}</p>
            )}
            <p className="figures text-xs text-muted-foreground">
              {status === 'COMPLETED' ? '' : `${statusNames[status]} · `}
              {texts.creditsOf({ credits: formatCount(creditsCharged ?? 0) })}
              {durationMs === null ? '' : ` · ${formatSeconds(durationMs)}`}
            </p>
          </article>
        ))}
      </div>
    </div>
  );
}

interface PagesOfPromptsProps {
  rows: readonly Row[];
  prompts: number;
}

/** Says which prompts are shown, and leads to the others. */
export function PagesOfPrompts({ rows, prompts }: PagesOfPromptsProps) {
  const [first, last] = [rows.at(0)?.position ?? 0, rows.at(-1)?.position ?? -1];
  if (first === 0 && last + 1 >= prompts) return null;
  return (
    <div className="flex flex-wrap items-center justify-between gap-2">
      <p className="figures text-sm text-muted-foreground">
        {texts.promptsShown({ first: first + 1, last: last + 1, all: prompts })}
      </p>
      <Pages
        label={texts.pagesOfPrompts}
        pageInfo={{ hasNextPage: last + 1 < prompts, endCursor: String(last) }}
        first={texts.first}
        next={texts.next}
      />
    </div>
  );
}
