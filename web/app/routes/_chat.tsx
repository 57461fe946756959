import { frame as texts } from 'texts:chat';
import { type LoaderFunctionArgs, redirect } from '@remix-run/node';
import {
  Outlet,
  type ShouldRevalidateFunctionArgs,
  useLoaderData,
  useMatches,
  useNavigate,
  useOutletContext,
  useRouteError,
} from '@remix-run/react';
import { lazy, Suspense, useCallback, useMemo, useState } from 'react';
import { AccountMenu } from '../account/account-menu.tsx';
import { FirstStepsNotice } from '../admin/first-steps-notice.tsx';
import { BudgetAlerts } from '../credits/budget-alerts.tsx';
import { CreditMeter, CreditsProvider } from '../credits/credit-meter.tsx';
import { Announcer } from '../frame/announcer.tsx';
import { ConversationListProvider } from '../frame/conversation-list.tsx';
import { initialList } from '../frame/conversation-list-state.ts';
import { conversationsAtOnce } from '../frame/conversation-list-store.ts';
import { type CreditFigures, CreditFiguresProvider } from '../frame/credit-figures.tsx';
import { FoldersProvider } from '../frame/folders/folders.tsx';
import { keptOpen } from '../frame/folders/kept-open.ts';
import { readsAdminPages } from '../frame/pages.ts';
import { PayersProvider } from '../frame/payers.tsx';
import { ShortcutList } from '../frame/shortcuts/shortcut-list.tsx';
import { useShortcut } from '../frame/shortcuts/use-shortcut.ts';
import { Sidebar } from '../frame/sidebar.tsx';
import { TopBarProvider } from '../frame/top-bar-controls.ts';
import { statusOf, Trouble } from '../frame/trouble.tsx';
import { fromAddressId } from '../graphql/address-id.ts';
import { ApiProvider } from '../graphql/api.tsx';
import { nodesOf } from '../graphql/connection.ts';
import {
  ChatDocument,
  ConversationsDocument,
  type ModelChoiceFragment,
  type PresetFieldsFragment,
  type ViewerFieldsFragment,
} from '../graphql/generated/graphql.ts';
import { query, signInPath } from '../graphql/query.server.ts';
import { CommandPalette } from '../palette/command-palette.tsx';
import { recall } from '../ui/browser/memory.ts';
import { usePageModules } from '../ui/browser/page-modules.ts';
import { promptField } from '../ui/browser/prompt-focus.ts';
import { useSeenHeight } from '../ui/browser/seen-height.ts';
import { useServiceWorker } from '../ui/browser/service-worker.ts';
import { hasRoomForPanel, togglePanel } from '../ui/browser/side-panel.ts';
import { Dialog, DialogContent, DialogTitle } from '../ui/dialog.tsx';
import { expectLayers } from '../ui/layers/loading.ts';
import { Toaster } from '../ui/toast.tsx';
import { TooltipProvider } from '../ui/tooltip.tsx';

export async function loader(args: LoaderFunctionArgs) {
  const memory = recall(args.request.headers.get('cookie'), 'folders');
  const [chat, opened] = await Promise.all([
    query(args, ChatDocument, { first: conversationsAtOnce }),
    Promise.all((memory?.ids ?? []).slice(0, keptOpen).map((id) => loadFolder(args, fromAddressId('Folder', id)))),
  ]);
  const { viewer, models, server, conversations, pinned } = chat;
  if (!viewer) throw redirect(signInPath(args));
  const isOwn = (id: string) => viewer.folders.some((folder) => folder.id === id);
  const open = opened.flatMap((folder) => (folder && isOwn(folder.id) ? [folder] : []));
  const defaultModelIds = server.defaultModels.map(({ id }) => id);
  const { creditsPerUsd = null, planChanges } = server;
  const lists = { conversations, pinned: nodesOf(pinned), open };
  return { viewer, models, defaultModelIds, creditsPerUsd, planChanges, lists, now: Date.now() };
}

/** Null: there is no such folder any more. */
async function loadFolder(args: LoaderFunctionArgs, id: string) {
  const variables = { first: conversationsAtOnce, folderId: id };
  const data = await query(args, ConversationsDocument, variables).catch(() => null);
  return data && { id, conversations: data.conversations };
}

// The frame is not loaded again while the member goes from page to page: its list and its credits follow by themselves.
export function shouldRevalidate({ formMethod, currentUrl, nextUrl }: ShouldRevalidateFunctionArgs) {
  return formMethod !== undefined || currentUrl.href === nextUrl.href;
}

/** The data that the frame gives to the pages in it. */
export interface Frame {
  viewer: ViewerFieldsFragment;
  models: ModelChoiceFragment[];
  /** The models that a member's first conversation asks. */
  defaultModelIds: string[];
  /** The preset with which new chats begin; null: none. */
  defaultPreset: PresetFieldsFragment | null;
}

export function useFrame(): Frame {
  return useOutletContext<Frame>();
}

export default function Chat() {
  const { viewer, models, defaultModelIds, lists, now, ...money } = useLoaderData<typeof loader>();
  const [sidebar, setSidebar] = useState(false);
  const [palette, setPalette] = useState(false);
  const openPalette = useCallback(() => setPalette(true), []);
  useShortcut('palette', openPalette);
  useShortcut('sidebar', () => (hasRoomForPanel() ? togglePanel() : setSidebar(!sidebar)));
  useSeenHeight();
  useServiceWorker();
  const navigate = useNavigate();
  useShortcut('newChat', () => navigate('/'));
  const frame = useMemo<Frame>(
    () => ({ viewer, models, defaultModelIds, defaultPreset: viewer.defaultPreset ?? null }),
    [viewer, models, defaultModelIds],
  );
  const { monthlyCredits } = viewer.tier;
  const { creditsPerUsd: perUsd, planChanges } = money;
  const { renewsAt } = viewer.credits;
  const figures = useMemo<CreditFigures>(
    () => ({ perUsd, planChanges, renewsAt, receiptsOf }),
    [perUsd, planChanges, renewsAt],
  );
  const topBar = useMemo(
    () => ({
      openSidebar: () => setSidebar(true),
      openPalette,
      meter: <CreditMeter monthlyCredits={monthlyCredits} />,
    }),
    [openPalette, monthlyCredits],
  );
  const closeSidebar = () => setSidebar(false);
  usePageModules({ isAdmin: readsAdminPages(viewer.role), loadOwn: expectLayers });
  const isArena = useIsArena();
  const Content = isArena ? 'main' : 'div';
  return (
    <ApiProvider>
      <TooltipProvider>
        <Toaster>
          <Announcer>
            <PayersProvider viewerId={viewer.id} loaded={viewer.teams}>
              <CreditsProvider loaded={viewer.credits}>
                <CreditFiguresProvider value={figures}>
                  <ConversationListProvider first={firstList(lists)}>
                    <FoldersProvider loaded={{ viewerId: viewer.id, folders: viewer.folders, open: lists.open }}>
                      {/* Text for screen readers alone may lie beyond the window: `overflow-clip` keeps it from scrolling the page. */}
                      <div className="relative flex h-(--seen) overflow-clip print:block print:h-auto print:overflow-visible">
                        <SkipLink to={isArena ? 'prompt' : 'content'} />
                        <aside className="panel w-[264px] shrink-0 border-e max-lg:hidden print:hidden">
                          <Sidebar now={now} foot={<AccountMenu viewer={viewer} />} />
                        </aside>
                        <Content id="content" className="flex min-w-0 flex-1 flex-col print:block">
                          <FirstStepsNotice />
                          <BudgetAlerts loaded={viewer.alerts} />
                          <TopBarProvider value={topBar}>
                            <Outlet context={frame} />
                          </TopBarProvider>
                        </Content>
                      </div>
                      <Dialog open={sidebar} onOpenChange={setSidebar}>
                        <DialogContent place="start" aria-describedby={undefined}>
                          <DialogTitle className="sr-only">{texts.conversations}</DialogTitle>
                          <Sidebar
                            now={now}
                            foot={<AccountMenu viewer={viewer} onChosen={closeSidebar} />}
                            onChosen={closeSidebar}
                          />
                        </DialogContent>
                      </Dialog>
                      <ShortcutList />
                      <CommandPalette
                        open={palette}
                        onOpenChange={setPalette}
                        models={models}
                        isAdmin={readsAdminPages(viewer.role)}
                      />
                    </FoldersProvider>
                  </ConversationListProvider>
                </CreditFiguresProvider>
              </CreditsProvider>
            </PayersProvider>
          </Announcer>
        </Toaster>
      </TooltipProvider>
    </ApiProvider>
  );
}

type Lists = ReturnType<typeof useLoaderData<typeof loader>>['lists'];

function firstList({ conversations, pinned, open }: Lists) {
  return initialList(conversations, [...pinned, ...open.flatMap((folder) => nodesOf(folder.conversations))]);
}

const Receipts = lazy(() => import('../credits/receipts.tsx'));

function receiptsOf(responseIds: readonly string[]) {
  return (
    <Suspense>
      <Receipts responseIds={responseIds} />
    </Suspense>
  );
}

/** Whether the page is a conversation's, which is `main` as a whole. Other pages, or one that failed, have their own `main`. */
function useIsArena(): boolean {
  return useMatches().some(({ id, data }) => id === 'routes/_chat._conversation' && data != null);
}

/** A link that leads the keyboard past the list, which is long. It is visible while it has the focus. */
function SkipLink({ to }: { to: 'prompt' | 'content' }) {
  return (
    // biome-ignore lint/a11y/useValidAnchor: it leads to a place in the page; the script keeps that out of the address
    <a
      href="#content"
      className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:start-2 focus:z-50 focus:rounded-md focus:border focus:bg-popover focus:px-4 focus:py-2 focus:text-sm focus:font-medium focus:shadow-float"
      onClick={(event) => {
        const main = document.querySelector('main');
        if (!main) return;
        event.preventDefault();
        const prompt = to === 'prompt' ? main.querySelector<HTMLElement>(promptField) : null;
        if (!prompt && !main.hasAttribute('tabindex')) main.tabIndex = -1;
        (prompt ?? main).focus();
      }}
    >
      {to === 'prompt' ? texts.skipToPrompt : texts.skipToContent}
    </a>
  );
}

export function ErrorBoundary() {
  const error = useRouteError();
  return <Trouble status={statusOf(error)} />;
}
