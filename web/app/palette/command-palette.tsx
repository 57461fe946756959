import { useNavigate } from '@remix-run/react';
import { ChartColumn, MessageSquare, Monitor, Moon, Plus, Search, Settings, ShieldCheck, Sun } from 'lucide-react';
import { type KeyboardEvent, type ReactNode, useEffect, useId, useMemo, useState } from 'react';
import { useClient } from 'urql';
import { type ModelChoiceFragment, PaletteConversationsDocument } from '../graphql/generated/graphql.ts';
import { classes } from '../ui/classes.ts';
import { Dialog, DialogContent, DialogTitle } from '../ui/dialog.tsx';
import { ProviderMark } from '../ui/provider-mark.tsx';
import { chooseTheme } from '../ui/theme.ts';

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
  return (
    <Dialog open={open} onOpenChange={onOpenChange}>
      <DialogContent place="top" aria-describedby={undefined}>
        <DialogTitle className="sr-only">Commands</DialogTitle>
        <Palette {...choices} onDone={() => onOpenChange(false)} />
      </DialogContent>
    </Dialog>
  );
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
  const [cursor, setCursor] = useState(0);
  const conversations = useConversations(search);
  const commands = useMemo(() => {
    const matches = (label: string) => label.toLowerCase().includes(search.trim().toLowerCase());
    return [
      ...actions(navigate, isAdmin).filter(({ label }) => matches(label)),
      ...conversations.map(
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
  }, [search, conversations, models, isAdmin, navigate]);
  const at = Math.min(cursor, commands.length - 1);

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
      setCursor(next);
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
            setCursor(0);
          }}
          onKeyDown={onKeyDown}
        />
      </div>
      <div id={listId} role="listbox" aria-label="Commands" className="max-h-[50vh] overflow-y-auto p-1">
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
              onPointerMove={() => setCursor(index)}
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
        {commands.length === 0 ? (
          <p className="px-3 py-6 text-center text-sm text-muted-foreground">Nothing is called that.</p>
        ) : null}
      </div>
    </>
  );
}

function actions(navigate: (to: string) => void, isAdmin: boolean): Command[] {
  const group = 'Actions';
  return [
    { id: 'new', group, label: 'New chat', icon: <Plus />, run: () => navigate('/') },
    { id: 'usage', group, label: 'Usage', icon: <ChartColumn />, run: () => navigate('/usage') },
    ...(isAdmin
      ? [{ id: 'admin', group, label: 'Admin', icon: <ShieldCheck />, run: () => navigate('/admin') } as const]
      : []),
    { id: 'settings', group, label: 'Settings', icon: <Settings />, run: () => navigate('/settings') },
    { id: 'light', group, label: 'Light theme', icon: <Sun />, run: () => chooseTheme('light') },
    { id: 'dark', group, label: 'Dark theme', icon: <Moon />, run: () => chooseTheme('dark') },
    { id: 'system', group, label: 'Theme of the system', icon: <Monitor />, run: () => chooseTheme('system') },
  ];
}

const pauseMs = 150;

/** The newest conversations, or those that say what is searched for. */
function useConversations(search: string): { id: string; title: string }[] {
  const client = useClient();
  const [found, setFound] = useState<{ id: string; title: string }[]>([]);
  useEffect(() => {
    let wanted = true;
    const timer = setTimeout(
      () => {
        void client
          .query(PaletteConversationsDocument, { search: search.trim() || null })
          .toPromise()
          .then(({ data }) => {
            if (wanted && data) setFound(data.conversations.edges.flatMap((edge) => (edge?.node ? [edge.node] : [])));
          });
      },
      search ? pauseMs : 0,
    );
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [client, search]);
  return found;
}
