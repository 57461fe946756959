import { Link, useHref, useNavigate, useParams } from '@remix-run/react';
import {
  Archive,
  ArchiveRestore,
  Ellipsis,
  PanelLeftClose,
  Pencil,
  Pin,
  PinOff,
  Plus,
  Search,
  Share2,
  Trash2,
  X,
} from 'lucide-react';
import { type ReactNode, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { fromAddressId, toAddressId } from '../graphql/address-id.ts';
import { useBrowserLayoutEffect } from '../ui/browser/layout-effect.ts';
import { togglePanel } from '../ui/browser/side-panel.ts';
import { Button } from '../ui/button.tsx';
import { classes } from '../ui/classes.ts';
import { Menu, MenuContent, MenuItem, MenuSeparator, MenuTrigger } from '../ui/menu.tsx';
import { Tooltip } from '../ui/tooltip.tsx';
import { useConversationList } from './conversation-list.tsx';
import type { ConversationItem } from './conversation-list-state.ts';
import { ExportMenu } from './export-menu.tsx';
import { focusAt, placeOf, type RowPlace } from './row-place.ts';
import { ShareConversation } from './sharing/share-conversation.tsx';
import { ariaKeys } from './shortcuts/pressed.ts';
import { useKeysOf } from './shortcuts/use-shortcut.ts';
import { TitleField } from './title-field.tsx';

interface SidebarProps {
  /** When the page's data were loaded (ms), so that the server and the browser agree on the day. */
  now: number;
  /** The account menu, at the foot. */
  foot: ReactNode;
  /** Called when a link is chosen, so that the sheet around the sidebar closes. */
  onChosen?: () => void;
}

export function Sidebar({ now: loadedAt, foot, onChosen }: SidebarProps) {
  const now = useToday(loadedAt);
  const { filter, setFilter } = useConversationList();
  const search = useRef<HTMLInputElement>(null);
  const sidebarKeys = useKeysOf('sidebar');
  return (
    <div className="flex h-full flex-col bg-sidebar">
      <div className="flex h-14 shrink-0 items-center px-4">
        <Link to="/" onClick={onChosen} className="flex items-center gap-2 rounded-sm font-semibold">
          <img src={useHref('/favicon.svg')} alt="" width={20} height={20} />
          Polylogue
        </Link>
        {onChosen ? null : (
          <Tooltip text={`Hide the conversations (${sidebarKeys})`}>
            <Button
              data-panel-closer
              variant="ghost"
              size="icon"
              className="-mr-1 ml-auto"
              aria-label="Hide the conversations"
              aria-keyshortcuts={ariaKeys('sidebar')}
              onClick={togglePanel}
            >
              <PanelLeftClose />
            </Button>
          </Tooltip>
        )}
      </div>
      <div className="flex flex-col gap-2 px-3 pb-2">
        <Button asChild className="justify-start px-3">
          <Link to="/" onClick={onChosen}>
            <Plus /> New chat
          </Link>
        </Button>
        <label className="flex h-9 items-center gap-2 rounded-md px-3 focus-within:bg-hover hover:bg-hover has-[input:focus-visible]:outline-2 has-[input:focus-visible]:-outline-offset-2 has-[input:focus-visible]:outline-ring">
          <Search className="size-4 shrink-0 text-muted-foreground" aria-hidden="true" />
          <input
            ref={search}
            type="search"
            aria-label="Search conversations"
            placeholder="Search"
            className="min-w-0 flex-1 bg-transparent text-sm outline-none [&::-webkit-search-cancel-button]:hidden"
            value={filter.search}
            onChange={(event) => setFilter({ ...filter, search: event.target.value })}
          />
          {filter.search ? (
            <button
              type="button"
              aria-label="Clear search"
              className="rounded-sm text-muted-foreground hover:text-foreground"
              onClick={() => {
                setFilter({ ...filter, search: '' });
                // The button disappears, so the field gets the focus.
                search.current?.focus();
              }}
            >
              <X className="size-4" />
            </button>
          ) : null}
        </label>
      </div>
      <nav aria-label="Conversations" className="min-h-0 flex-1 overflow-y-auto px-3 pb-4">
        <Groups now={now} onChosen={onChosen} />
      </nav>
      <div className="shrink-0 border-t p-2">{foot}</div>
    </div>
  );
}

function Groups({ now, onChosen }: Pick<SidebarProps, 'now' | 'onChosen'>) {
  const { items, filter, setFilter, shown, stale, cursor, progress, retry } = useConversationList();
  const timeZone = useTimeZone();
  const awaited = stale && progress !== 'failed';
  const groups = shown.search
    ? [{ name: 'Found', items }]
    : shown.archived
      ? [{ name: 'Archived', items }]
      : grouped(items, now, timeZone);
  return (
    <>
      {stale && progress === 'failed' ? (
        <Attempt
          // The line stays in sight wherever the list is scrolled to.
          className="sticky top-0 z-10 bg-sidebar"
          failure={
            filter.search
              ? 'Could not search'
              : filter.archived
                ? 'Could not open the archive'
                : 'Could not load the list'
          }
        >
          <Button variant="ghost" size="small" className={wayOn} onClick={retry}>
            Try again
          </Button>
        </Attempt>
      ) : null}
      <div className={classes('transition-opacity', awaited && 'opacity-60')} aria-busy={awaited}>
        {groups
          .filter((group) => group.items.length > 0)
          .map((group) => (
            <section key={group.name} aria-label={group.name} className="mt-3">
              <h2 className="px-3 pb-1 text-xs font-medium text-muted-foreground">{group.name}</h2>
              <ul>
                {group.items.map((item) => (
                  <Row key={item.id} item={item} onChosen={onChosen} />
                ))}
              </ul>
            </section>
          ))}
        {items.length === 0 && !stale && !cursor ? (
          <p className="px-3 py-4 text-sm text-muted-foreground">
            {shown.search
              ? 'No title, prompt or answer contains that.'
              : shown.archived
                ? 'Nothing is archived.'
                : 'Your conversations will be here.'}
          </p>
        ) : null}
        {cursor && !stale ? <More cursor={cursor} /> : null}
      </div>
      <Button
        variant="ghost"
        size="small"
        className="mt-3 w-full justify-start"
        onClick={() => setFilter({ ...filter, archived: !filter.archived })}
      >
        {filter.archived ? <ArchiveRestore /> : <Archive />}
        {filter.archived ? 'Back to all' : 'Archived'}
      </Button>
    </>
  );
}

/** A button that loads the next page when it comes into view or is pressed. After a failure it waits to be pressed. */
function More({ cursor }: { cursor: string }) {
  const { loadMore, retry, progress } = useConversationList();
  const ref = useRef<HTMLButtonElement>(null);
  const latest = useRef(loadMore);
  useBrowserLayoutEffect(() => {
    latest.current = loadMore;
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: runs once for each end of the list, as the next end may be in view too
  useEffect(() => {
    const button = ref.current;
    if (!button) return;
    const seen = new IntersectionObserver(([entry]) => entry?.isIntersecting && latest.current());
    seen.observe(button);
    return () => seen.disconnect();
  }, [cursor]);
  const failed = progress === 'failed';
  return (
    <Attempt failure={failed ? 'Could not load more' : null}>
      <Button
        ref={ref}
        variant="ghost"
        size="small"
        className={failed ? wayOn : 'flex-1 aria-disabled:opacity-50'}
        // `aria-disabled`, because a button that is `disabled` loses the focus.
        aria-disabled={progress === 'loading'}
        onClick={failed ? retry : loadMore}
      >
        {failed ? 'Try again' : 'Show more'}
      </Button>
    </Attempt>
  );
}

const wayOn = 'text-primary hover:text-primary';

/** A button, beside a line that says what could not be loaded. */
function Attempt({
  failure,
  className,
  children,
}: {
  failure: string | null;
  className?: string;
  children: ReactNode;
}) {
  return (
    <div className={classes('mt-1 flex items-center justify-between gap-2 text-sm text-muted-foreground', className)}>
      <p role="status" className="pl-3 empty:hidden">
        {failure}
      </p>
      {children}
    </div>
  );
}

function Row({ item, onChosen }: { item: ConversationItem; onChosen: (() => void) | undefined }) {
  const { id } = useParams();
  const current = id && fromAddressId('Conversation', id);
  const { update, archive, remove } = useConversationList();
  const navigate = useNavigate();
  const [renaming, setRenaming] = useState(false);
  const [sharing, setSharing] = useState(false);
  const row = useRef<HTMLLIElement>(null);
  /** The row's place when its menu was opened, since an action may move or remove the row. */
  const place = useRef<RowPlace | null>(null);
  if (renaming) {
    return (
      <li ref={row} data-row={item.id}>
        <TitleField
          title={item.title}
          onDone={(title) => {
            setRenaming(false);
            if (title) void update({ id: item.id, title });
            const left = placeOf(row.current);
            // A member who left the field for another element keeps the focus there.
            setTimeout(() => document.activeElement === document.body && focusAt(left, item.id));
          }}
          className="h-8 w-full rounded-md border border-ring bg-card px-3 text-sm outline-none"
        />
      </li>
    );
  }
  return (
    <li
      ref={row}
      data-row={item.id}
      className={classes(
        'group relative rounded-md hover:bg-hover focus-within:bg-hover',
        current === item.id && 'bg-hover',
      )}
    >
      <Link
        to={`/c/${toAddressId(item.id)}`}
        onClick={onChosen}
        aria-current={current === item.id ? 'page' : undefined}
        className="block truncate rounded-md py-1.5 pr-9 pl-3 text-sm"
      >
        <bdi>{item.title}</bdi>
      </Link>
      <Menu
        onOpenChange={(open) => {
          if (open) place.current = placeOf(row.current);
        }}
      >
        <MenuTrigger asChild>
          <Button
            variant="ghost"
            size="icon"
            aria-label={`More for ${item.title}`}
            className="absolute top-0.5 right-0.5 size-7 opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 data-[state=open]:opacity-100 max-md:opacity-100"
          >
            <Ellipsis />
          </Button>
        </MenuTrigger>
        <MenuContent
          align="end"
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            focusAt(place.current, item.id);
          }}
        >
          <MenuItem onSelect={() => setTimeout(() => setRenaming(true))}>
            <Pencil /> Rename
          </MenuItem>
          <MenuItem onSelect={() => update({ id: item.id, pinned: !item.pinned })}>
            {item.pinned ? <PinOff /> : <Pin />} {item.pinned ? 'Unpin' : 'Pin'}
          </MenuItem>
          <MenuItem onSelect={() => archive(item, !item.archived)}>
            {item.archived ? <ArchiveRestore /> : <Archive />} {item.archived ? 'Take out of the archive' : 'Archive'}
          </MenuItem>
          <MenuItem onSelect={() => setTimeout(() => setSharing(true))}>
            <Share2 /> Share
          </MenuItem>
          <ExportMenu conversationId={item.id} />
          <MenuSeparator />
          <MenuItem
            className="text-destructive [&_svg]:text-destructive"
            onSelect={() => {
              const address = `${location.pathname}${location.search}`;
              remove(item, () => {
                // A member who has gone elsewhere by then is not taken away from there.
                if (current === item.id && location.pathname === '/') navigate(address);
                setTimeout(() => focusAt(place.current, item.id));
              });
              if (current === item.id) navigate('/');
            }}
          >
            <Trash2 /> Delete
          </MenuItem>
        </MenuContent>
      </Menu>
      <ShareConversation open={sharing} conversation={item} isShown={current === item.id} onOpen={setSharing} />
    </li>
  );
}

/** The member's time zone. While the page is hydrated it is UTC, as on the server. */
function useTimeZone(): string {
  return useSyncExternalStore(
    () => () => {},
    () => Intl.DateTimeFormat().resolvedOptions().timeZone,
    () => 'UTC',
  );
}

/** A moment of today (ms). It moves on at the member's midnight, even if the page slept through it. */
function useToday(loadedAt: number): number {
  const [now, setNow] = useState(loadedAt);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    const look = () => {
      clearTimeout(timer);
      setNow((before) => (isSameDay(before, Date.now()) ? before : Date.now()));
      timer = setTimeout(look, new Date().setHours(24, 0, 0, 0) - Date.now() + 1);
    };
    look();
    document.addEventListener('visibilitychange', look);
    return () => {
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', look);
    };
  }, []);
  return now;
}

function isSameDay(one: number, other: number): boolean {
  return new Date(one).toDateString() === new Date(other).toDateString();
}

/** Groups conversations: the pinned ones first, the others by the day of the last prompt in the member's calendar. */
export function grouped(items: readonly ConversationItem[], now: number, timeZone: string) {
  const dayOf = new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' });
  const today = dayOf.format(now);
  // Yesterday is counted by the calendar, since a day of the time zone need not have 24 hours.
  const yesterday = new Date(Date.parse(today) - 24 * 3600 * 1000).toISOString().slice(0, 10);
  const groups: Record<'Pinned' | 'Today' | 'Yesterday' | 'Earlier', ConversationItem[]> = {
    Pinned: [],
    Today: [],
    Yesterday: [],
    Earlier: [],
  };
  for (const item of items) {
    const day = dayOf.format(new Date(item.updatedAt));
    const name = item.pinned ? 'Pinned' : day >= today ? 'Today' : day === yesterday ? 'Yesterday' : 'Earlier';
    groups[name].push(item);
  }
  return Object.entries(groups).map(([name, found]) => ({ name, items: found }));
}
