import { pages } from 'texts:chat';
import { type LoaderFunctionArgs, type MetaFunction, redirect } from '@remix-run/node';
import {
  type ShouldRevalidateFunctionArgs,
  useLoaderData,
  useNavigate,
  useParams,
  useRouteError,
} from '@remix-run/react';
import { useCallback, useEffect } from 'react';
import { ConversationPage } from '../conversation/conversation-page.tsx';
import { type FolderBeginning, openedAtIn, throughIn, withPrompt, withTitle } from '../conversation/session.ts';
import { firstModels, firstPayer } from '../conversation/turns/asking.ts';
import { newestWithin, nextTo, turnsAtOnce } from '../conversation/turns/page-of-turns.ts';
import { conversationIn, isShown, useSession } from '../conversation/use-session.ts';
import { useCredits } from '../credits/credit-meter.tsx';
import { useConversationList } from '../frame/conversation-list.tsx';
import { FolderButton, FolderMark } from '../frame/folders/folder-button.tsx';
import { tabTitle } from '../frame/pages.ts';
import { usePayers } from '../frame/payers.tsx';
import { TopBar } from '../frame/top-bar.tsx';
import { statusOf, Trouble } from '../frame/trouble.tsx';
import { fromAddressId, toAddressId } from '../graphql/address-id.ts';
import { nodesOf } from '../graphql/connection.ts';
import {
  BeginningDocument,
  ConversationAroundDocument,
  ConversationDocument,
  EarlierTurnsDocument,
  FolderBeginningDocument,
} from '../graphql/generated/graphql.ts';
import { query } from '../graphql/query.server.ts';
import { type Memory, recall } from '../ui/browser/memory.ts';
import { useFrame } from './_chat.tsx';

// This page has two addresses, which are the routes below it: a new chat's, and that of the conversation which it becomes
// (docs/decisions/0017-one-conversation-route.md).

/** Loads the data that a page begins with: a conversation, or the models that a new chat may ask. */
export async function loader(args: LoaderFunctionArgs) {
  const id = conversationIn(args.params.id);
  const cookies = args.request.headers.get('cookie');
  if (id !== undefined) {
    const remembered = { models: null, payer: null, lanes: recall(cookies, 'lanes') };
    return { conversation: await loadConversation(args, id), asked: [], blind: false, remembered };
  }
  const search = new URL(args.request.url).searchParams;
  const remembered = { models: recall(cookies, 'models'), payer: recall(cookies, 'payer'), lanes: null };
  const asked = { asked: search.getAll('model'), blind: search.has('blind') };
  const [preset, folder] = await Promise.all([
    loadPreset(args, search.get('preset')),
    loadFolder(args, search.get('folder')),
  ]);
  return { conversation: null, ...asked, preset, folder, remembered };
}

/** Null: the address names none, or one that is gone. */
async function loadFolder(args: LoaderFunctionArgs, id: string | null): Promise<FolderBeginning | null> {
  if (id === null) return null;
  const { node } = await query(args, FolderBeginningDocument, { folderId: fromAddressId('Folder', id) });
  return node?.__typename === 'Folder' ? node : null;
}

/** Null: the address names none, or one that is gone. */
async function loadPreset(args: LoaderFunctionArgs, presetId: string | null) {
  if (presetId === null) return null;
  const { node } = await query(args, BeginningDocument, { presetId });
  return node?.__typename === 'Preset' ? node : null;
}

async function loadConversation(args: LoaderFunctionArgs, id: string) {
  const search = new URL(args.request.url).searchParams;
  const through = throughIn(search);
  const turn = openedAtIn(search);
  const around = turn === null ? null : await loadAround(args, { id, turn, through: through ?? turn });
  return around ?? loadEnd(args, id, turn === null ? through : null);
}

/** Loads the turns next to one. Null: the conversation has no such turn any more, and opens at its end. */
async function loadAround(args: LoaderFunctionArgs, place: { id: string; turn: string; through: string }) {
  const reply = await query(args, ConversationAroundDocument, { ...place, size: turnsAtOnce }).catch((error) => {
    if (error instanceof Response && error.status === 404) return null;
    throw error;
  });
  if (!reply?.conversation) return null;
  const { turns: page, newest: end, evaluation, writing, ...head } = reply.conversation;
  if (evaluation) throw redirect(`/evaluations/${toAddressId(evaluation.id)}`);
  const near = nextTo(place.turn, nodesOf(page), charactersMax);
  if (!near) return null;
  const [first, last] = [near.turns[0], near.turns.at(-1)];
  const newest = nodesOf(end)[0];
  const isEnd = near.isLast && !page.pageInfo.hasNextPage;
  return {
    head,
    turns: near.turns,
    earlier: first && (!near.isFirst || page.pageInfo.hasPreviousPage) ? first.id : null,
    later: last && newest && !isEnd ? { cursor: last.id, newest } : null,
    writing,
    through: place.through,
    at: place.turn,
  };
}

async function loadEnd(args: LoaderFunctionArgs, id: string, through: string | null) {
  const { conversation } = await query(args, ConversationDocument, { id, through, last: turnsAtOnce });
  if (!conversation) throw new Response('No such conversation', { status: 404 });
  if (conversation.evaluation) throw redirect(`/evaluations/${toAddressId(conversation.evaluation.id)}`);
  const { turns: page, evaluation: _, writing, ...head } = conversation;
  let { turns, earlier, characters } = newestWithin(page, charactersMax);
  // A member who goes to another branch lands at the turn where it parts, however far up that is.
  const isMissing = () => turns.every((turn) => turn.id !== through);
  while (through && earlier && turns.length < turnsMax && characters < branchCharactersMax && isMissing()) {
    const variables = { id: head.id, through, last: turnsAtOnce, before: earlier };
    const before = (await query(args, EarlierTurnsDocument, variables)).conversation?.turns;
    if (!before) break;
    const more = newestWithin(before, charactersMax);
    turns = [...more.turns, ...turns];
    earlier = more.earlier;
    characters += more.characters;
  }
  return { head, turns, earlier, later: null, writing, through, at: null };
}

/** A page with more turns would load slowly. */
const turnsMax = 100;

/** How many characters of prompts and answers are loaded at once. The turns before are a click away. */
const charactersMax = 500_000;

/** After this many characters, no more are loaded on the way up to the turn where a branch parts. */
const branchCharactersMax = 2_000_000;

// The branch that is shown is not loaded again: mutations and streams bring its changes.
export function shouldRevalidate({ nextParams, nextUrl }: ShouldRevalidateFunctionArgs) {
  return !isShown(conversationIn(nextParams.id), throughIn(nextUrl.searchParams));
}

export const meta: MetaFunction<typeof loader> = ({ data, error }) => [
  { title: data ? titleOf(data.conversation?.head) : statusOf(error) === 404 ? tabTitle(pages.notFound) : 'Polylogue' },
];

function titleOf(head: { title: string } | null | undefined): string {
  return tabTitle(head?.title ?? pages.newChat);
}

export default function Conversation() {
  const { viewer, models, defaultModelIds, defaultPreset } = useFrame();
  const [session, update] = useSession(useLoaderData<typeof loader>());
  const list = useConversationList();
  const { available } = useCredits();
  const { teams } = usePayers();
  const navigate = useNavigate();
  const id = conversationIn(useParams().id);
  const { number, head, loaded } = session;
  const showBranch = useCallback((turnId: string) => navigate(`?through=${toAddressId(turnId)}`), [navigate]);
  // The list may lack the conversation while it shows a search or the archive.
  const known = head ? list.find(head.id) : undefined;
  const item = known ?? head;
  const title = known?.title ?? (head ? (list.titleOf(head.id) ?? head.title) : null);
  // The title from `meta` is as old as the page.
  useEffect(() => {
    document.title = tabTitle(title ?? pages.newChat);
  }, [title]);

  async function rename(to: string): Promise<void> {
    if (!head || title === null) return;
    update(number, (now) => withTitle(now, to));
    if (!(await list.update({ id: head.id, title: to }))) update(number, (now) => withTitle(now, title));
  }

  const ownOf = (memory: Memory | null) => (memory?.viewerId === viewer.id ? memory.ids : []);
  const begun = loaded.conversation?.head.models.map((model) => model.id) ?? [];
  const wishes = [loaded.asked, ownOf(loaded.remembered.models), defaultModelIds];
  const limit = viewer.tier.modelsPerPrompt;
  const folder = loaded.folder ?? null;
  const named = loaded.preset ?? folder?.preset ?? null;
  const isPlain = loaded.asked.length === 0 && !loaded.blind;
  const preset = named ?? (isPlain && !loaded.conversation ? defaultPreset : null);
  const ofPreset = preset?.models.map((model) => model.id) ?? [];
  return (
    <>
      <TopBar title={title} {...(head ? { onRename: (to: string) => void rename(to) } : undefined)}>
        {item && !head?.temporary ? <FolderButton conversation={item} /> : null}
        {!head && folder ? <FolderMark name={folder.name} /> : null}
      </TopBar>
      <ConversationPage
        key={number}
        viewerId={viewer.id}
        loaded={loaded.conversation}
        conversationId={id ?? null}
        models={models}
        arranged={ownOf(loaded.remembered.lanes)}
        first={{
          // A conversation whose models are secret names none.
          modelIds: begun.length > 0 ? begun : firstModels(models, limit, [ofPreset, ...wishes]),
          payerId: firstPayer(teams, ownOf(loaded.remembered.payer)),
          blind: loaded.blind || undefined,
        }}
        folderId={folder?.id ?? null}
        beginning={preset && { preset, isNamed: named !== null, modelIds: firstModels(models, limit, wishes) }}
        modelsPerPrompt={limit}
        maxOutputTokens={viewer.tier.maxOutputTokens}
        isAdmin={viewer.role === 'ADMIN'}
        ownCredits={available}
        onTaken={(taken, { through }) => {
          if (!taken.temporary) list.touch(taken);
          update(number, (now) => withPrompt(now, taken, through));
        }}
        onShowBranch={showBranch}
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
