import { type LoaderFunctionArgs, type MetaFunction, redirect } from '@remix-run/node';
import { useLoaderData, useNavigate, useRouteError } from '@remix-run/react';
import { EvaluationList } from '../evaluations/evaluation-list.tsx';
import { PromptForm } from '../evaluations/prompt-form.tsx';
import { SetList } from '../evaluations/set-list.tsx';
import { SetPanel } from '../evaluations/set-panel.tsx';
import { Page } from '../frame/page.tsx';
import { tabTitle } from '../frame/pages.ts';
import { usePayers } from '../frame/payers.tsx';
import { TopBar } from '../frame/top-bar.tsx';
import { statusOf, Trouble } from '../frame/trouble.tsx';
import { EvaluationsPageDocument, PromptSetPageDocument } from '../graphql/generated/graphql.ts';
import { query, signInPath } from '../graphql/query.server.ts';
import { useFrame } from './_chat.tsx';

// Prompt sets, of which one may be open (?set=), and evaluations.

export const meta: MetaFunction = () => [{ title: tabTitle('Evaluations') }];

export async function loader(args: LoaderFunctionArgs) {
  const setId = new URL(args.request.url).searchParams.get('set');
  const [{ viewer, promptSets, evaluations }, opened] = await Promise.all([
    query(args, EvaluationsPageDocument, {}),
    setId === null ? null : query(args, PromptSetPageDocument, { id: setId }).catch(() => null),
  ]);
  if (!viewer) throw redirect(signInPath(args));
  const set = opened?.node?.__typename === 'PromptSet' ? opened.node : null;
  return { promptSets, evaluations, set };
}

export default function Evaluations() {
  const { promptSets, evaluations, set } = useLoaderData<typeof loader>();
  const { models } = useFrame();
  const { teams } = usePayers();
  const navigate = useNavigate();
  return (
    <Page title="Evaluations" width="normal">
      <section aria-labelledby="evaluations" className="flex flex-col gap-4">
        <div>
          <h2 id="evaluations" className="text-lg font-semibold">
            Evaluations
          </h2>
          <p className="text-sm text-muted-foreground">
            A set of prompts, answered by several models and compared by people, by a judge model, or both.
          </p>
        </div>
        <EvaluationList evaluations={evaluations} />
      </section>
      <section aria-labelledby="sets" className="flex flex-col gap-4">
        <h2 id="sets" className="text-lg font-semibold">
          Prompt sets
        </h2>
        <SetList sets={promptSets} />
      </section>
      {set ? <SetPanel key={set.id} set={set} models={models} teams={teams} /> : null}
      <section aria-labelledby="new-set" className="flex max-w-[720px] flex-col gap-4">
        <h2 id="new-set" className="text-lg font-semibold">
          New set
        </h2>
        <PromptForm
          setId={null}
          onMade={(id) => navigate(`/evaluations?set=${encodeURIComponent(id)}`, { preventScrollReset: true })}
        />
      </section>
    </Page>
  );
}

export function ErrorBoundary() {
  const error = useRouteError();
  return (
    <>
      <TopBar title="Evaluations" />
      <Trouble status={statusOf(error)} />
    </>
  );
}
