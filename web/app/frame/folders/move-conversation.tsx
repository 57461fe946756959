import { folders as texts } from 'texts:tools';
import { Check, Folder, FolderMinus, FolderPlus, Search } from 'lucide-react';
import { type KeyboardEvent, type ReactNode, useEffect, useId, useState } from 'react';
import { useClient } from 'urql';
import { MovedConversationDocument } from '../../graphql/generated/graphql.ts';
import { sentence } from '../../languages/sentence.tsx';
import { classes } from '../../ui/classes.ts';
import { Dialog, DialogContent, DialogTitle } from '../../ui/dialog.tsx';
import { useToast } from '../../ui/toast.tsx';
import { useConversationList } from '../conversation-list.tsx';
import type { ConversationItem } from '../conversation-list-state.ts';
import { FolderForm } from './folder-form.tsx';
import type { FolderStore } from './folder-store.ts';
import type { FoldersState } from './folders-state.ts';
import { useFolderStore } from './use-folder-store.ts';

interface MoveConversationProps {
  /** The conversation's id. */
  id: string;
  onClose: () => void;
  onCloseAutoFocus: (event: Event) => void;
}

/** Asks for the folder to which a conversation goes: one that is there, one that is named now, or none. */
export function MoveConversation({ id, onClose, onCloseAutoFocus }: MoveConversationProps) {
  const item = useConversation(id, onClose);
  const [store] = useFolderStore();
  const [isMaking, setMaking] = useState(false);
  if (isMaking && item) {
    return <FolderForm folder={null} {...{ onClose, onCloseAutoFocus }} onMade={(to) => void store.move(item, to)} />;
  }
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()}>
      <DialogContent place="top" aria-describedby={undefined} onCloseAutoFocus={onCloseAutoFocus}>
        <DialogTitle className="truncate px-4 pt-3 text-sm font-medium text-muted-foreground">
          {item
            ? sentence(texts.moveTitle, { title: <bdi className="text-foreground">{item.title}</bdi> })
            : texts.moveAny}
        </DialogTitle>
        {item ? <Choice item={item} onMake={() => setMaking(true)} onDone={onClose} /> : <div className="h-40" />}
      </DialogContent>
    </Dialog>
  );
}

/** The conversation, which the list need not know. */
function useConversation(id: string, onMissing: () => void): ConversationItem | undefined {
  const client = useClient();
  const toast = useToast();
  const listed = useConversationList().find(id);
  const [loaded, setLoaded] = useState<ConversationItem>();
  const isKnown = listed !== undefined;
  // biome-ignore lint/correctness/useExhaustiveDependencies: runs once, for a conversation that the list does not know
  useEffect(() => {
    if (isKnown) return;
    let isWanted = true;
    void client
      .query(MovedConversationDocument, { id })
      .toPromise()
      .then(({ data }) => {
        if (!isWanted) return;
        if (data?.conversation) return setLoaded(data.conversation);
        toast({ text: texts.missing });
        onMissing();
      });
    return () => {
      isWanted = false;
    };
  }, []);
  return listed ?? loaded;
}

interface Option {
  id: string;
  label: ReactNode;
  icon: ReactNode;
  isCurrent: boolean;
  /** Resolves to why it was refused; null: it is done. */
  choose: () => Promise<string | null>;
}

interface ChoiceProps {
  item: ConversationItem;
  /** Called when a new folder is to be named first. */
  onMake: () => void;
  onDone: () => void;
}

function Choice({ item, onMake, onDone }: ChoiceProps) {
  const listId = useId();
  const [store, { folders }] = useFolderStore();
  const [search, setSearch] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const options = optionsFor(item, { search, store, folders });
  const [chosen, setChosen] = useState(() =>
    Math.max(
      0,
      options.findIndex(({ isCurrent }) => isCurrent),
    ),
  );
  const at = Math.min(chosen, options.length - 1);

  async function choose(option: Option | undefined): Promise<void> {
    if (!option) return;
    if (option.id === 'make') return onMake();
    const refusal = await option.choose();
    if (refusal === null) onDone();
    else setProblem(refusal);
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.nativeEvent.isComposing) return;
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0 && options.length > 0) {
      event.preventDefault();
      const next = (at + step + options.length) % options.length;
      setChosen(next);
      document.getElementById(`${listId}-${next}`)?.scrollIntoView({ block: 'nearest' });
    }
    if (event.key !== 'Enter') return;
    event.preventDefault();
    void choose(options[at]);
  }

  return (
    <>
      <div className="flex h-12 items-center gap-3 border-b px-4">
        <Search className="size-4 shrink-0 text-muted-foreground" aria-hidden="true" />
        <input
          // biome-ignore lint/a11y/noAutofocus: the dialog was opened to choose
          autoFocus
          role="combobox"
          dir="auto"
          aria-expanded="true"
          aria-controls={listId}
          aria-activedescendant={options.length > 0 ? `${listId}-${at}` : undefined}
          aria-label={texts.find}
          placeholder={texts.find}
          maxLength={100}
          className="h-full min-w-0 flex-1 bg-transparent outline-none max-md:text-[16px]"
          value={search}
          onChange={({ target }) => {
            setSearch(target.value);
            setChosen(0);
            setProblem(null);
          }}
          onKeyDown={onKeyDown}
        />
      </div>
      <div id={listId} role="listbox" aria-label={texts.list} className="max-h-[50vh] overflow-y-auto p-1 empty:p-0">
        {options.map((option, index) => (
          // biome-ignore lint/a11y/useFocusableInteractive lint/a11y/useKeyWithClickEvents: the field holds the focus and the keys
          <div
            key={option.id}
            id={`${listId}-${index}`}
            role="option"
            aria-selected={index === at}
            onClick={() => void choose(option)}
            onPointerMove={() => setChosen(index)}
            className={classes(
              'flex min-h-9 items-center gap-3 rounded-sm px-3 py-1 text-sm max-md:min-h-[44px] [&_svg]:size-4 [&_svg]:shrink-0 [&_svg]:text-muted-foreground',
              index === at && 'bg-hover',
            )}
          >
            {option.icon}
            <span className="min-w-0 flex-1 truncate">{option.label}</span>
            {option.isCurrent ? (
              <>
                <Check aria-hidden="true" />
                <span className="sr-only">{texts.isThere}</span>
              </>
            ) : null}
          </div>
        ))}
      </div>
      {problem ? (
        <p role="alert" className="border-t px-4 py-3 text-sm text-destructive">
          {problem}
        </p>
      ) : null}
    </>
  );
}

interface Known extends Pick<FoldersState, 'folders'> {
  search: string;
  store: FolderStore;
}

function optionsFor(item: ConversationItem, { search, store, folders }: Known): Option[] {
  const name = search.trim();
  const wanted = name.toLowerCase();
  const move = async (to: { id: string; name: string } | null) => {
    void store.move(item, to);
    return null;
  };
  const found = folders
    .filter((folder) => folder.name.toLowerCase().includes(wanted))
    .map(
      ({ id, name }): Option => ({
        id,
        label: <bdi>{name}</bdi>,
        icon: <Folder />,
        isCurrent: item.folder?.id === id,
        choose: () => move({ id, name }),
      }),
    );
  const none: Option = {
    ...{ id: 'none', label: texts.none, icon: <FolderMinus />, isCurrent: !item.folder },
    choose: () => move(null),
  };
  const made: Option = {
    id: 'new',
    label: sentence(texts.makeNamed, { name: <bdi>{name}</bdi> }),
    icon: <FolderPlus />,
    isCurrent: false,
    async choose() {
      const folder = await store.create({ name });
      return typeof folder === 'string' ? folder : move(folder);
    },
  };
  const named: Option = {
    ...{ id: 'make', label: texts.makeOne, icon: <FolderPlus />, isCurrent: false },
    choose: async () => null,
  };
  const isTaken = folders.some((folder) => folder.name.toLowerCase() === wanted);
  if (name !== '') return isTaken ? found : [...found, made];
  return [...(item.folder ? [none] : []), ...found, named];
}
