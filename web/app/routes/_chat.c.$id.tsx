import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node';
import { type ShouldRevalidateFunctionArgs, useLoaderData, useNavigate, useRouteError } from '@remix-run/react';
import { useEffect, useState } from 'react';
import { ConversationPage } from '../conversation/conversation-page.tsx';
import { newestWithin } from '../conversation/turns/page-of-turns.ts';
import { turnsAtOnce } from '../conversation/turns/use-turns.ts';
import { useConversationList } from '../frame/conversation-list.tsx';
import { tabTitle } from '../frame/pages.ts';
import { TopBar } from '../frame/top-bar.tsx';
import { statusOf, Trouble } from '../frame/trouble.tsx';
import { ConversationDocument, EarlierTurnsDocument } from '../graphql/generated/graphql.ts';
import { query } from '../graphql/query.server.ts';
import { useFrame } from './_chat.tsx';

export async function loader(args: LoaderFunctionArgs) {
  const through = new URL(args.request.url).searchParams.get('through');
  const { conversation } = await query(args, ConversationDocument, {
    id: args.params.id ?? '',
    through,
    last: turnsAtOnce,
  });
  if (!conversation) throw new Response('No such conversation', { status: 404 });
  const { turns: page, ...head } = conversation;
  let { turns, earlier, characters } = newestWithin(page, charactersMax);
  // Who goes over to another branch goes on at the turn where it parts, however far up that is.
  const isMissing = () => turns.every(({ id }) => id !== through);
  while (through && earlier && turns.length < turnsMax && characters < branchCharactersMax && isMissing()) {
    const variables = { id: head.id, through, last: turnsAtOnce, before: earlier };
    const before = (await query(args, EarlierTurnsDocument, variables)).conversation?.turns;
    if (!before) break;
    const more = newestWithin(before, charactersMax);
    turns = [...more.turns, ...turns];
    earlier = more.earlier;
    characters += more.characters;
  }
  return { head, turns, earlier, through };
}

/** A page of more would be slow to come. */
const turnsMax = 100;

/** Of prompts and answers that are asked for at once; the turns before are a click away. */
const charactersMax = 500_000;

/** The same on the way up to a branch. */
const branchCharactersMax = 2_000_000;

// What changes on the page is told by the mutation that changed it, and by the streams.
export function shouldRevalidate({ currentUrl, nextUrl, defaultShouldRevalidate }: ShouldRevalidateFunctionArgs) {
  return currentUrl.href !== nextUrl.href && defaultShouldRevalidate;
}

export const meta: MetaFunction<typeof loader> = ({ data, error }) => [
  { title: data ? tabTitle(data.head.title) : statusOf(error) === 404 ? tabTitle('Not found') : 'Polylogue' },
];

export default function Conversation() {
  const loaded = useLoaderData<typeof loader>();
  const { viewer, models, activeLane, showLane } = useFrame();
  const list = useConversationList();
  const navigate = useNavigate();
  const { id } = loaded.head;
  // The list need not have it: it may be searched for something else, or be the archive.
  const [renamed, setRenamed] = useState({ head: loaded.head, title: loaded.head.title });
  const { title } = list.items.find((item) => item.id === id) ?? (renamed.head === loaded.head ? renamed : loaded.head);
  // The loader's title is as old as the page.
  useEffect(() => {
    document.title = tabTitle(title);
  }, [title]);

  async function rename(to: string): Promise<void> {
    const { head } = loaded;
    setRenamed({ head, title: to });
    if (!(await list.update({ id, title: to }))) setRenamed({ head, title });
  }

  return (
    <>
      <TopBar title={title} onRename={(title) => void rename(title)} />
      <ConversationPage
        key={`${id} ${loaded.through ?? ''}`}
        viewerId={viewer.id}
        loaded={loaded}
        models={models}
        initialModelIds={loaded.head.models.map((model) => model.id)}
        modelsPerPrompt={viewer.tier.modelsPerPrompt}
        maxOutputTokens={viewer.tier.maxOutputTokens}
        activeLane={activeLane}
        onActiveLane={showLane}
        onSent={({ conversation, turn }, { branch, present }) => {
          list.touch(conversation);
          if (branch && present) navigate(`?through=${encodeURIComponent(turn.id)}`);
        }}
        onShowBranch={(turnId) => navigate(`?through=${encodeURIComponent(turnId)}`)}
      />
    </>
  );
}

export function ErrorBoundary() {
  const error = useRouteError();
  return (
    <>
      <TopBar title={null} />
      <Trouble status={statusOf(error)} />
    </>
  );
}
