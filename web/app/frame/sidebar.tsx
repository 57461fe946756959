import { frame, list as texts } from 'texts:chat';
import { Link, useHref } from '@remix-run/react';
import { Archive, ArchiveRestore, PanelLeftClose, Plus, Search, X } from 'lucide-react';
import { type ReactNode, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { togglePanel } from '../ui/browser/side-panel.ts';
import { Button } from '../ui/button.tsx';
import { classes } from '../ui/classes.ts';
import { Tooltip } from '../ui/tooltip.tsx';
import { useConversationList } from './conversation-list.tsx';
import type { ConversationItem } from './conversation-list-state.ts';
import { FolderSection } from './folders/folder-section.tsx';
import { ConversationRow } from './rows/conversation-row.tsx';
import { Attempt, More, wayOn } from './rows/more.tsx';
import { ariaKeys } from './shortcuts/pressed.ts';
import { useKeysOf } from './shortcuts/use-shortcut.ts';

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
          <Tooltip text={frame.hideConversationsWithKeys({ keys: sidebarKeys })}>
            <Button
              data-panel-closer
              variant="ghost"
              size="icon"
              className="-me-1 ms-auto"
              aria-label={frame.hideConversations}
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
            <Plus /> {frame.newChat}
          </Link>
        </Button>
        <label className="flex h-9 items-center gap-2 rounded-md px-3 focus-within:bg-hover hover:bg-hover has-[input:focus-visible]:outline-2 has-[input:focus-visible]:-outline-offset-2 has-[input:focus-visible]:outline-ring">
          <Search className="size-4 shrink-0 text-muted-foreground" aria-hidden="true" />
          <input
            ref={search}
            type="search"
            aria-label={texts.searchConversations}
            placeholder={texts.search}
            className="min-w-0 flex-1 bg-transparent text-sm outline-none [&::-webkit-search-cancel-button]:hidden"
            value={filter.search}
            onChange={(event) => setFilter({ ...filter, search: event.target.value })}
          />
          {filter.search ? (
            <button
              type="button"
              aria-label={texts.clearSearch}
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
      <nav aria-label={frame.conversations} className="min-h-0 flex-1 overflow-y-auto px-3 pb-4">
        <Groups now={now} onChosen={onChosen} />
      </nav>
      <div className="shrink-0 border-t p-2">{foot}</div>
    </div>
  );
}

function Groups({ now, onChosen }: Pick<SidebarProps, 'now' | 'onChosen'>) {
  const { items, filter, setFilter, shown, stale, cursor, progress, loadMore, retry } = useConversationList();
  const timeZone = useTimeZone();
  const awaited = stale && progress !== 'failed';
  const isFiltered = shown.search !== '' || shown.archived;
  const [pinned, ...days] = isFiltered
    ? [{ name: shown.search ? texts.found : texts.archived, items }]
    : grouped(items, now, timeZone);
  return (
    <>
      {stale && progress === 'failed' ? (
        <Attempt
          // The line stays in sight wherever the list is scrolled to.
          className="sticky top-0 z-10 bg-sidebar"
          failure={filter.search ? texts.notSearched : filter.archived ? texts.archiveNotOpened : texts.listNotLoaded}
        >
          <Button variant="ghost" size="small" className={wayOn} onClick={retry}>
            {texts.tryAgain}
          </Button>
        </Attempt>
      ) : null}
      <div className={classes('transition-opacity', awaited && 'opacity-60')} aria-busy={awaited}>
        {pinned ? <Group {...pinned} onChosen={onChosen} /> : null}
        {isFiltered ? null : <FolderSection onChosen={onChosen} />}
        {days.map((group) => (
          <Group key={group.name} {...group} onChosen={onChosen} />
        ))}
        {items.length === 0 && !stale && !cursor ? (
          <p className="px-3 py-4 text-sm text-muted-foreground">
            {shown.search ? texts.nothingFound : shown.archived ? texts.nothingArchived : texts.noConversations}
          </p>
        ) : null}
        {cursor && !stale ? <More {...{ cursor, progress, loadMore, retry }} /> : null}
      </div>
      <Button
        variant="ghost"
        size="small"
        className="mt-3 w-full justify-start"
        onClick={() => setFilter({ ...filter, archived: !filter.archived })}
      >
        {filter.archived ? <ArchiveRestore /> : <Archive />}
        {filter.archived ? texts.backToAll : texts.archived}
      </Button>
    </>
  );
}

interface GroupProps extends Pick<SidebarProps, 'onChosen'> {
  name: string;
  items: readonly ConversationItem[];
}

function Group({ name, items, onChosen }: GroupProps) {
  if (items.length === 0) return null;
  return (
    <section aria-label={name} className="mt-3">
      <h2 className="px-3 pb-1 text-xs font-medium text-muted-foreground">{name}</h2>
      <ul>
        {items.map((item) => (
          <ConversationRow key={item.id} item={item} onChosen={onChosen} />
        ))}
      </ul>
    </section>
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
  const groupOf = ({ pinned, updatedAt }: ConversationItem) => {
    if (pinned) return texts.pinned;
    const day = dayOf.format(new Date(updatedAt));
    return day >= today ? texts.today : day === yesterday ? texts.yesterday : texts.earlier;
  };
  return [texts.pinned, texts.today, texts.yesterday, texts.earlier].map((name) => ({
    name,
    items: items.filter((item) => groupOf(item) === name),
  }));
}
