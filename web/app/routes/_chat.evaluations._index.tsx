import { sets as texts } from 'texts:evaluations';
import { type LoaderFunctionArgs, type MetaFunction, redirect } from '@remix-run/node';
import { useLoaderData, useNavigate, useRouteError } from '@remix-run/react';
import { FileTiles } from '../conversation/files/file-tiles.tsx';
import { useFormFiles } from '../conversation/files/form/files-field.tsx';
import { EvaluationList } from '../evaluations/evaluation-list.tsx';
import { FilePartsProvider } from '../evaluations/file-parts.ts';
import { PromptForm } from '../evaluations/prompt-form.tsx';
import { SetList } from '../evaluations/set-list.tsx';
import { SetPanel } from '../evaluations/set-panel.tsx';
import { Page } from '../frame/page.tsx';
import { tabTitle } from '../frame/pages.ts';
import { usePayers } from '../frame/payers.tsx';
import { TopBar } from '../frame/top-bar.tsx';
import { statusOf, Trouble } from '../frame/trouble.tsx';
import { fromAddressId, toAddressId } from '../graphql/address-id.ts';
import { EvaluationsPageDocument, PromptSetPageDocument } from '../graphql/generated/graphql.ts';
import { query, signInPath } from '../graphql/query.server.ts';
import { useFrame } from './_chat.tsx';

// Prompt sets, of which one may be open (?set=), and evaluations.

export const meta: MetaFunction = () => [{ title: tabTitle(texts.title) }];

export async function loader(args: LoaderFunctionArgs) {
  const search = new URL(args.request.url).searchParams;
  const inAddress = search.get('set');
  const setId = inAddress && fromAddressId('PromptSet', inAddress);
  const after = /^\d{1,9}$/.test(search.get('after') ?? '') ? Number(search.get('after')) : null;
  // One more than is shown tells whether there is a next page.
  const page = { first: promptsAtOnce + 1, after };
  const [{ viewer, promptSets, evaluations }, opened] = await Promise.all([
    query(args, EvaluationsPageDocument, {}),
    setId === null ? null : query(args, PromptSetPageDocument, { id: setId, ...page }).catch(() => null),
  ]);
  if (!viewer) throw redirect(signInPath(args));
  const found = opened?.node?.__typename === 'PromptSet' ? opened.node : null;
  const set = found && { ...found, prompts: found.prompts.slice(0, promptsAtOnce) };
  const hasMore = found !== null && found.prompts.length > promptsAtOnce;
  return { promptSets, evaluations, set, nextAfter: hasMore ? (set?.prompts.at(-1)?.position ?? null) : null };
}

/** How many prompts of a set are shown at once. */
const promptsAtOnce = 100;

const fileParts = { useFormFiles, FileTiles };

export default function Evaluations() {
  const { promptSets, evaluations, set, nextAfter } = useLoaderData<typeof loader>();
  const { models } = useFrame();
  const { teams } = usePayers();
  const navigate = useNavigate();
  return (
    <Page title={texts.title} width="normal">
      <section aria-labelledby="evaluations" className="flex flex-col gap-4">
        <div>
          <h2 id="evaluations" className="text-lg font-semibold">
            {texts.title}
          </h2>
          <p className="text-sm text-muted-foreground">{texts.about}</p>
        </div>
        <EvaluationList evaluations={evaluations} />
      </section>
      <section aria-labelledby="sets" className="flex flex-col gap-4">
        <h2 id="sets" className="text-lg font-semibold">
          {texts.promptSets}
        </h2>
        <SetList sets={promptSets} />
      </section>
      <FilePartsProvider value={fileParts}>
        {set ? <SetPanel key={set.id} set={set} nextAfter={nextAfter} models={models} teams={teams} /> : null}
        <section aria-labelledby="new-set" className="flex max-w-[720px] flex-col gap-4">
          <h2 id="new-set" className="text-lg font-semibold">
            {texts.newSet}
          </h2>
          <PromptForm setId={null} onMade={(id) => navigate(`/evaluations?set=${toAddressId(id)}#set`)} />
        </section>
      </FilePartsProvider>
    </Page>
  );
}

export function ErrorBoundary() {
  const error = useRouteError();
  return (
    <>
      <TopBar title={texts.title} />
      <Trouble status={statusOf(error)} />
    </>
  );
}
