import { useNavigate } from '@remix-run/react';
import { MessageSquare, Monitor, Moon, Plus, Search, Sun } from 'lucide-react';
import { type KeyboardEvent, type ReactNode, useEffect, useId, useMemo, useRef, useState } from 'react';
import { useClient } from 'urql';
import { pagesFor } from '../frame/pages.ts';
import { type ModelChoiceFragment, PaletteConversationsDocument } from '../graphql/generated/graphql.ts';
import { chooseTheme } from '../ui/browser/theme.ts';
import { classes } from '../ui/classes.ts';
import { Dialog, DialogContent, DialogTitle } from '../ui/dialog.tsx';
import { ProviderMark } from '../ui/provider-mark.tsx';

interface Command {
  id: string;
  group: 'Actions' | 'Conversations' | 'Ask one model';
  label: string;
  icon: ReactNode;
  run: () => void;
}

interface CommandPaletteProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  models: readonly ModelChoiceFragment[];
  isAdmin: boolean;
}

/** Everything by name: conversations, models, actions. */
export function CommandPalette({ open, onOpenChange, ...choices }: CommandPaletteProps) {
  const focused = useFocusedBefore(open);
  return (
    <Dialog open={open} onOpenChange={onOpenChange}>
      <DialogContent
        place="top"
        aria-describedby={undefined}
        onCloseAutoFocus={(event) => {
          event.preventDefault();
          const before = focused();
          const isThere = before?.isConnected && before !== document.body;
          (isThere ? before : document.querySelector<HTMLElement>(promptField))?.focus({ preventScroll: true });
        }}
      >
        <DialogTitle className="sr-only">Commands</DialogTitle>
        <Palette {...choices} onDone={() => onOpenChange(false)} />
      </DialogContent>
    </Dialog>
  );
}

const promptField = 'main textarea[aria-label="Prompt"]';

/** What had the focus when this was opened: the field in it takes that before any effect could look. */
function useFocusedBefore(open: boolean): () => HTMLElement | null {
  const before = useRef<{ open: boolean; element: HTMLElement | null }>({ open: false, element: null });
  if (open !== before.current.open) {
    const element = open ? (document.activeElement as HTMLElement | null) : before.current.element;
    before.current = { open, element };
  }
  return () => before.current.element;
}

/** ⌘K, or Ctrl+K where there is no ⌘. */
export function usePaletteKey(onPress: () => void): void {
  useEffect(() => {
    const listen = (event: globalThis.KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || !(event.metaKey || event.ctrlKey) || event.shiftKey || event.altKey)
        return;
      event.preventDefault();
      onPress();
    };
    addEventListener('keydown', listen);
    return () => removeEventListener('keydown', listen);
  }, [onPress]);
}

type PaletteProps = Pick<CommandPaletteProps, 'models' | 'isAdmin'> & { onDone: () => void };

function Palette({ models, isAdmin, onDone }: PaletteProps) {
  const listId = useId();
  const navigate = useNavigate();
  const [search, setSearch] = useState('');
  /** What was gone to, by its id: what is found meanwhile may stand before it. */
  const [chosen, setChosen] = useState<string | null>(null);
  const { conversations, answer } = useConversations(search.trim());
  const commands = useMemo(() => {
    const matches = (label: string) => label.toLowerCase().includes(search.trim().toLowerCase());
    // Enter may come at any time: until the answer is there, what was found for another search must match as it stands.
    const found = answer === 'here' ? conversations : conversations.filter(({ title }) => matches(title));
    return [
      ...actions(navigate, isAdmin).filter(({ label }) => matches(label)),
      ...found.map(
        ({ id, title }): Command => ({
          id,
          group: 'Conversations',
          label: title,
          icon: <MessageSquare />,
          run: () => navigate(`/c/${encodeURIComponent(id)}`),
        }),
      ),
      ...models
        .filter((model) => search.trim() !== '' && model.access.allowed && matches(`${model.name} ${model.id}`))
        .map(
          (model): Command => ({
            id: model.id,
            group: 'Ask one model',
            label: model.name,
            icon: <ProviderMark providerId={model.provider.id} className="size-4 p-0.5" />,
            run: () => navigate(`/?model=${encodeURIComponent(model.id)}`),
          }),
        ),
    ];
  }, [search, conversations, answer, models, isAdmin, navigate]);
  const known = commands.findIndex(({ id }) => id === chosen);
  const at = known < 0 && commands.length > 0 ? 0 : known;

  function run(command: Command | undefined): void {
    if (!command) return;
    onDone();
    command.run();
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.nativeEvent.isComposing) return;
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0 && commands.length > 0) {
      event.preventDefault();
      const next = (at + step + commands.length) % commands.length;
      setChosen(commands[next]?.id ?? null);
      document.getElementById(`${listId}-${next}`)?.scrollIntoView({ block: 'nearest' });
    }
    if (event.key === 'Enter') {
      event.preventDefault();
      run(commands[at]);
    }
  }

  return (
    <>
      <div className="flex h-12 items-center gap-3 border-b px-4">
        <Search className="size-4 shrink-0 text-muted-foreground" aria-hidden="true" />
        <input
          // biome-ignore lint/a11y/noAutofocus: the palette was opened to type
          autoFocus
          role="combobox"
          aria-expanded="true"
          aria-controls={listId}
          aria-activedescendant={at >= 0 ? `${listId}-${at}` : undefined}
          aria-label="Search conversations, models and actions"
          placeholder="Conversations, models, actions"
          className="h-full min-w-0 flex-1 bg-transparent outline-none"
          value={search}
          onChange={(event) => {
            setSearch(event.target.value);
            setChosen(null);
          }}
          onKeyDown={onKeyDown}
        />
      </div>
      <div id={listId} role="listbox" aria-label="Commands" className="peer max-h-[50vh] overflow-y-auto p-1 empty:p-0">
        {commands.map((command, index) => (
          <div key={command.id}>
            {command.group === commands[index - 1]?.group ? null : (
              <p className="px-3 pt-2 pb-1 text-xs font-medium text-muted-foreground" aria-hidden="true">
                {command.group}
              </p>
            )}
            {/* biome-ignore lint/a11y/useFocusableInteractive lint/a11y/useKeyWithClickEvents: the search field holds the focus and the keys */}
            <div
              id={`${listId}-${index}`}
              role="option"
              aria-selected={index === at}
              onClick={() => run(command)}
              onPointerMove={() => setChosen(command.id)}
              className={classes(
                'flex h-9 items-center gap-3 rounded-sm px-3 text-sm [&_svg]:size-4 [&_svg]:shrink-0 [&>svg:not(.provider-mark)]:text-muted-foreground',
                index === at && 'bg-hover',
              )}
            >
              {command.icon}
              <span className="truncate">{command.label}</span>
            </div>
          </div>
        ))}
        {commands.length === 0 && answer !== 'failed' ? (
          <p className="px-3 py-6 text-center text-sm text-muted-foreground">
            {answer === 'here' ? 'Nothing is called that.' : 'Searching…'}
          </p>
        ) : null}
      </div>
      {answer === 'failed' ? (
        <p role="status" className="border-t px-4 py-3 text-sm text-muted-foreground peer-empty:border-t-0">
          The server could not be reached: conversations may be missing here.
        </p>
      ) : null}
    </>
  );
}

function actions(navigate: (to: string) => void, isAdmin: boolean): Command[] {
  const group = 'Actions';
  return [
    { id: 'new', group, label: 'New chat', icon: <Plus />, run: () => navigate('/') },
    ...pagesFor({ isAdmin }).map(
      ({ path, title, icon: Icon }): Command => ({
        id: path,
        group,
        label: title,
        icon: <Icon />,
        run: () => navigate(path),
      }),
    ),
    { id: 'light', group, label: 'Light theme', icon: <Sun />, run: () => chooseTheme('light') },
    { id: 'dark', group, label: 'Dark theme', icon: <Moon />, run: () => chooseTheme('dark') },
    { id: 'system', group, label: 'Theme of the system', icon: <Monitor />, run: () => chooseTheme('system') },
  ];
}

const pauseMs = 150;

interface Found {
  /** What they answer; null before the first answer. */
  search: string | null;
  conversations: { id: string; title: string }[];
  failed: boolean;
}

/** The newest conversations, or those that say what is searched for; while that is on its way, what was there before. */
function useConversations(search: string) {
  const client = useClient();
  const [found, setFound] = useState<Found>({ search: null, conversations: [], failed: false });
  useEffect(() => {
    let wanted = true;
    const timer = setTimeout(
      () => {
        void client
          .query(PaletteConversationsDocument, { search: search || null })
          .toPromise()
          .then(({ data }) => {
            if (!wanted) return;
            setFound((before) => ({
              search,
              conversations: data ? data.conversations.edges.map(({ node }) => node) : before.conversations,
              failed: !data,
            }));
          });
      },
      search ? pauseMs : 0,
    );
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [client, search]);
  const { conversations, failed } = found;
  const answer = found.search !== search ? 'awaited' : failed ? 'failed' : 'here';
  return { conversations, answer } as const;
}
