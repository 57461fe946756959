import { list as texts } from 'texts:chat';
import { Link, useNavigate, useParams } from '@remix-run/react';
import { Archive, ArchiveRestore, Ellipsis, Folder, Pencil, Pin, PinOff, Share2, Trash2 } from 'lucide-react';
import { memo, useRef, useState } from 'react';
import { fromAddressId, toAddressId } from '../../graphql/address-id.ts';
import { Button } from '../../ui/button.tsx';
import { classes } from '../../ui/classes.ts';
import { Menu, MenuContent, MenuItem, MenuSeparator, MenuTrigger } from '../../ui/menu.tsx';
import { useListStore } from '../conversation-list.tsx';
import type { ConversationItem } from '../conversation-list-state.ts';
import { useFolders } from '../folders/folders-context.ts';
import { ShareConversation } from '../sharing/share-conversation.tsx';
import { TitleField } from '../title-field.tsx';
import { ExportItems, ExportMenu } from './export-menu.tsx';
import { focusAt, placeOf, type RowPlace } from './row-place.ts';

interface ConversationRowProps {
  item: ConversationItem;
  /** Called when the conversation is chosen, so that the sheet around the list closes. */
  onChosen: (() => void) | undefined;
}

/** A conversation in a list, with its menu. It is rendered again only if it changes: a list may have a thousand. */
export const ConversationRow = memo(function ConversationRow({ item, onChosen }: ConversationRowProps) {
  const { id } = useParams();
  const current = id && fromAddressId('Conversation', id);
  const { update, remove } = useListStore();
  const navigate = useNavigate();
  const [renaming, setRenaming] = useState(false);
  const [sharing, setSharing] = useState(false);
  const row = useRef<HTMLLIElement>(null);
  /** The row's place when its menu was opened, since an action may move or remove the row. */
  const place = useRef<RowPlace | null>(null);

  function finishRenaming(title: string | null): void {
    setRenaming(false);
    if (title) void update({ id: item.id, title });
    const left = placeOf(row.current);
    // A member who left the field for another element keeps the focus there.
    setTimeout(() => document.activeElement === document.body && focusAt(left, item.id));
  }

  function removeHere(): void {
    const address = `${location.pathname}${location.search}`;
    remove(item, () => {
      // A member who has gone elsewhere by then is not taken away from there.
      if (current === item.id && location.pathname === '/') navigate(address);
      setTimeout(() => focusAt(place.current, item.id));
    });
    if (current === item.id) navigate('/');
  }

  if (renaming) {
    return (
      <li ref={row} data-row={item.id}>
        <TitleField
          title={item.title}
          onDone={finishRenaming}
          className="h-8 w-full rounded-md border border-ring bg-card px-3 text-sm outline-none max-md:h-[44px]"
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
        className="flex rounded-md py-1.5 ps-3 pe-9 text-sm max-md:py-0 max-md:pe-12 max-md:leading-[44px]"
      >
        {/* A title is cut at its own end, whichever way it is read. */}
        <span dir="auto" className="truncate">
          {item.title}
        </span>
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
            aria-label={texts.moreFor({ title: item.title })}
            className="absolute end-0.5 top-0.5 size-7 opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 data-[state=open]:opacity-100 max-md:end-0 max-md:top-0 max-md:size-[44px] max-md:opacity-100"
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
          <RowItems
            item={item}
            onRename={() => setTimeout(() => setRenaming(true))}
            onShare={() => setTimeout(() => setSharing(true))}
            onDelete={removeHere}
          />
        </MenuContent>
      </Menu>
      <ShareConversation open={sharing} conversation={item} isShown={current === item.id} onOpen={setSharing} />
    </li>
  );
});

interface RowItemsProps extends Pick<ConversationRowProps, 'item'> {
  onRename: () => void;
  onShare: () => void;
  onDelete: () => void;
}

function RowItems({ item, onRename, onShare, onDelete }: RowItemsProps) {
  const [exporting, setExporting] = useState(false);
  if (exporting) return <ExportItems conversationId={item.id} onBack={() => setExporting(false)} />;
  return (
    <>
      <MenuItem onSelect={onRename}>
        <Pencil /> {texts.rename}
      </MenuItem>
      <PlaceItems item={item} />
      <MenuItem onSelect={onShare}>
        <Share2 /> {texts.share}
      </MenuItem>
      <ExportMenu conversationId={item.id} onInPlace={() => setExporting(true)} />
      <MenuSeparator />
      <MenuItem className="text-destructive [&_svg]:text-destructive" onSelect={onDelete}>
        <Trash2 /> {texts.delete}
      </MenuItem>
    </>
  );
}

/** Where the conversation stands in the list: pinned, in a folder, archived. */
function PlaceItems({ item }: Pick<ConversationRowProps, 'item'>) {
  const { update, archive } = useListStore();
  const { ask } = useFolders();
  return (
    <>
      <MenuItem onSelect={() => update({ id: item.id, pinned: !item.pinned })}>
        {item.pinned ? <PinOff /> : <Pin />} {item.pinned ? texts.unpin : texts.pin}
      </MenuItem>
      {/* The menu gives the focus back first. */}
      <MenuItem onSelect={() => setTimeout(() => ask({ about: 'moving', id: item.id }))}>
        <Folder /> {texts.moveToFolder}
      </MenuItem>
      <MenuItem onSelect={() => archive(item, !item.archived)}>
        {item.archived ? <ArchiveRestore /> : <Archive />} {item.archived ? texts.unarchive : texts.archive}
      </MenuItem>
    </>
  );
}
