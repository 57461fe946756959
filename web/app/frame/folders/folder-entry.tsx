import { folders as texts } from 'texts:tools';
import { Link, useNavigate } from '@remix-run/react';
import { ChevronRight, Ellipsis, Folder, FolderOpen, Pencil, SquarePen, Trash2 } from 'lucide-react';
import { memo, useId } from 'react';
import { toAddressId } from '../../graphql/address-id.ts';
import type { FolderFieldsFragment } from '../../graphql/generated/graphql.ts';
import { sentence, tagged } from '../../languages/sentence.tsx';
import { Button } from '../../ui/button.tsx';
import { classes } from '../../ui/classes.ts';
import { formatCount } from '../../ui/figures.ts';
import { Menu, MenuContent, MenuItem, MenuSeparator, MenuTrigger } from '../../ui/menu.tsx';
import { useConversationList } from '../conversation-list.tsx';
import { ConversationRow } from '../rows/conversation-row.tsx';
import { Attempt, wayOn } from '../rows/more.tsx';
import { storeOf } from './folder-store.ts';
import { useFolders } from './folders-context.ts';
import { useFolderStore } from './use-folder-store.ts';

interface FolderProps {
  folder: FolderFieldsFragment;
  onChosen: (() => void) | undefined;
}

interface FolderEntryProps extends FolderProps {
  isOpen: boolean;
  /** Whether the conversation that the page shows is in it. */
  holdsShown: boolean;
}

/** A folder in the list, which opens and closes, and its menu. It is rendered again only if it changes. */
export const FolderEntry = memo(function FolderEntry({ folder, isOpen, holdsShown, onChosen }: FolderEntryProps) {
  const contentId = useId();
  const { ground } = useFolders();
  return (
    <>
      <div className="group relative flex items-center rounded-md focus-within:bg-hover hover:bg-hover">
        <button
          type="button"
          data-folder={folder.id}
          aria-expanded={isOpen}
          aria-controls={isOpen ? contentId : undefined}
          title={folder.name}
          className="flex min-w-0 flex-1 items-center gap-2 rounded-md py-1.5 ps-1.5 pe-9 text-start text-sm max-md:h-[44px] max-md:py-0 max-md:pe-12"
          onClick={() => storeOf(ground).toggle(folder.id)}
        >
          <ChevronRight
            className={classes('size-3.5 shrink-0 text-muted-foreground', isOpen ? 'rotate-90' : 'rtl:rotate-180')}
            aria-hidden="true"
          />
          {isOpen ? (
            <FolderOpen className="size-4 shrink-0 text-muted-foreground" aria-hidden="true" />
          ) : (
            <Folder className="size-4 shrink-0 text-muted-foreground" aria-hidden="true" />
          )}
          {/* A name is cut at its own end, whichever way it is read. */}
          <span className={classes('flex min-w-0 flex-1', holdsShown && !isOpen && 'font-medium')}>
            <span dir="auto" className="truncate">
              {folder.name}
            </span>
          </span>
          {/* A blank parts the words of the button’s name. */} <Count of={folder} />
        </button>
        <FolderMenu folder={folder} onChosen={onChosen} />
      </div>
      {isOpen ? (
        <div id={contentId} className="ms-3.5 border-s ps-1.5">
          <Content folder={folder} onChosen={onChosen} />
        </div>
      ) : null}
    </>
  );
});

function Count({ of: { conversationCount: count } }: { of: FolderFieldsFragment }) {
  return (
    <span className="shrink-0 text-xs text-muted-foreground tabular-nums">
      {sentence(
        texts.count,
        { shown: formatCount(count), count },
        { hidden: (words) => <span className="sr-only">{words}</span> },
      )}
    </span>
  );
}

function Content({ folder, onChosen }: FolderProps) {
  const [store, { pages }] = useFolderStore();
  const { inFolder } = useConversationList();
  const items = inFolder(folder.id);
  const page = pages.get(folder.id);
  const { progress = 'loading', cursor = null } = page ?? {};
  const failed = progress === 'failed';
  const loadMore = () => store.loadMore(folder.id);
  return (
    <>
      {items.length > 0 ? (
        <ul>
          {items.map((item) => (
            <ConversationRow key={item.id} item={item} onChosen={onChosen} />
          ))}
        </ul>
      ) : null}
      {items.length === 0 && progress === 'loading' ? (
        <ul aria-busy="true" aria-label={texts.loading}>
          {Array.from({ length: Math.max(1, Math.min(3, folder.conversationCount)) }, (_, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: they are all the same
            <li key={at} className="px-3 py-2.5 max-md:py-4">
              <div className="h-3 animate-breathe rounded-sm bg-muted" />
            </li>
          ))}
        </ul>
      ) : null}
      {items.length === 0 && progress === 'done' ? (
        <p className="px-3 py-1.5 text-sm text-muted-foreground">
          {tagged(texts.empty, {
            link: (words) => (
              <Link
                to={addressOfNewChat(folder.id)}
                onClick={onChosen}
                className="rounded-sm text-primary underline underline-offset-2 max-md:inline-block max-md:leading-[44px]"
              >
                {words}
              </Link>
            ),
          })}
        </p>
      ) : null}
      {failed || cursor !== null ? (
        <Attempt failure={failed ? texts.failed : null}>
          <Button
            variant="ghost"
            size="small"
            className={failed ? wayOn : 'flex-1 justify-start aria-disabled:opacity-50 max-md:h-[44px]'}
            aria-disabled={progress === 'loading'}
            onClick={loadMore}
          >
            {failed ? texts.tryAgain : texts.showMore}
          </Button>
        </Attempt>
      ) : null}
    </>
  );
}

function FolderMenu({ folder, onChosen }: FolderProps) {
  const { ask } = useFolders();
  const navigate = useNavigate();
  return (
    <Menu>
      <MenuTrigger asChild>
        <Button
          variant="ghost"
          size="icon"
          aria-label={texts.more({ name: folder.name })}
          className="absolute end-0.5 top-0.5 size-7 opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 data-[state=open]:opacity-100 max-md:end-0 max-md:top-0 max-md:size-[44px] max-md:opacity-100"
        >
          <Ellipsis />
        </Button>
      </MenuTrigger>
      <MenuContent align="end">
        <MenuItem
          onSelect={() => {
            onChosen?.();
            navigate(addressOfNewChat(folder.id));
          }}
        >
          <SquarePen /> {texts.newChat}
        </MenuItem>
        {/* The menu gives the focus back first. */}
        <MenuItem onSelect={() => setTimeout(() => ask({ about: 'changing', folder }))}>
          <Pencil /> {texts.change}
        </MenuItem>
        <MenuSeparator />
        <MenuItem
          className="text-destructive [&_svg]:text-destructive"
          onSelect={() => setTimeout(() => ask({ about: 'deleting', folder }))}
        >
          <Trash2 /> {texts.remove}
        </MenuItem>
      </MenuContent>
    </Menu>
  );
}

export function addressOfNewChat(folderId: string): string {
  return `/?folder=${toAddressId(folderId)}`;
}
