import { runs as texts } from 'texts:evaluations';
import { type LoaderFunctionArgs, type MetaFunction, redirect } from '@remix-run/node';
import { Link, useLoaderData, useRevalidator, useRouteError } from '@remix-run/react';
import { ArrowLeft } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { WholeAnswer } from '../conversation/answer/whole-answer.tsx';
import { EvaluationHead } from '../evaluations/evaluation-head.tsx';
import { Findings } from '../evaluations/findings.tsx';
import { JudgeQueue } from '../evaluations/judge-queue.tsx';
import { Matrix, PagesOfPrompts } from '../evaluations/matrix.tsx';
import { Sums } from '../evaluations/sums.tsx';
import { Page } from '../frame/page.tsx';
import { tabTitle } from '../frame/pages.ts';
import { usePayers } from '../frame/payers.tsx';
import { TopBar } from '../frame/top-bar.tsx';
import { statusOf, Trouble } from '../frame/trouble.tsx';
import { fromAddressId } from '../graphql/address-id.ts';
import { EvaluationHeadDocument, EvaluationPageDocument } from '../graphql/generated/graphql.ts';
import { query, signInPath } from '../graphql/query.server.ts';

// An evaluation: its owner sees all of it, those who may judge only the pairs that they judge.

export const meta: MetaFunction<typeof loader> = ({ data }) => [
  { title: tabTitle(data?.head.name ?? texts.evaluation) },
];

/** How often an evaluation that is at work is looked at, in ms. */
const LOOK_MS = 2_000;
/** The wait after a look, at least, in times as long as it took: a large evaluation is looked at less often. */
const LOOKS_APART = 10;

export async function loader(args: LoaderFunctionArgs) {
  const id = fromAddressId('Evaluation', args.params.id ?? '');
  const { viewer, node: head } = await query(args, EvaluationHeadDocument, { id });
  if (!viewer) throw redirect(signInPath(args));
  // not read by people: the page of a status says it in their language
  if (head?.__typename !== 'Evaluation') throw new Response('No such evaluation', { status: 404 });
  const after = Number(new URL(args.request.url).searchParams.get('after') ?? -1);
  const page = head.own
    ? await query(args, EvaluationPageDocument, { id, after: Number.isInteger(after) ? after : -1 })
    : null;
  return { head, evaluation: page?.node?.__typename === 'Evaluation' ? page.node : null };
}

export default function Evaluation() {
  const { head, evaluation } = useLoaderData<typeof loader>();
  const { teams } = usePayers();
  useLooking(head.state === 'RUNNING' || (evaluation?.progress.running ?? 0) > 0);
  return (
    <Page title={head.name} width="normal">
      <Link
        to="/evaluations"
        className="-mb-6 inline-flex w-fit items-center text-sm text-muted-foreground hover:text-foreground max-md:-mt-3 max-md:min-h-[44px]"
      >
        <ArrowLeft className="me-1 size-3.5 rtl:-scale-x-100" aria-hidden="true" />
        {texts.all}
      </Link>
      {evaluation ? <EvaluationHead evaluation={evaluation} teams={teams} /> : null}
      {evaluation ? <Sums evaluation={evaluation} /> : null}
      {evaluation ? <Findings evaluation={evaluation} /> : null}
      <JudgeQueue evaluationId={head.id} Answer={WholeAnswer} />
      {evaluation ? (
        <>
          <Matrix evaluation={evaluation} Answer={WholeAnswer} />
          <PagesOfPrompts rows={evaluation.matrix} prompts={evaluation.progress.prompts} />
        </>
      ) : null}
    </Page>
  );
}

/** Loads the page's data again and again while `isWanted`. */
function useLooking(isWanted: boolean): void {
  const { revalidate, state } = useRevalidator();
  const lookedAt = useRef<number | null>(null);
  useEffect(() => {
    if (!isWanted || state !== 'idle') return;
    const tookMs = lookedAt.current === null ? 0 : performance.now() - lookedAt.current;
    lookedAt.current = null;
    const timer = setTimeout(
      () => {
        lookedAt.current = performance.now();
        revalidate();
      },
      Math.max(LOOK_MS, LOOKS_APART * tookMs),
    );
    return () => clearTimeout(timer);
  }, [isWanted, state, revalidate]);
}

export function ErrorBoundary() {
  const error = useRouteError();
  return (
    <>
      <TopBar title={texts.evaluation} />
      <Trouble status={statusOf(error)} />
    </>
  );
}
