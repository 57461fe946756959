import { useNavigate } from '@remix-run/react';
import { Search } from 'lucide-react';
import { type KeyboardEvent, useId, useMemo, useRef, useState } from 'react';
import type { ModelChoiceFragment } from '../graphql/generated/graphql.ts';
import { promptField } from '../ui/browser/prompt-focus.ts';
import { classes } from '../ui/classes.ts';
import { Dialog, DialogContent, DialogTitle } from '../ui/dialog.tsx';
import type { Command } from './command.ts';
import { commandsFor } from './commands.tsx';
import { useFolderCommands } from './use-folder-commands.tsx';
import { useFoundConversations } from './use-found-conversations.ts';
import { usePresetCommands } from './use-preset-commands.tsx';

interface CommandPaletteProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  models: readonly ModelChoiceFragment[];
  isAdmin: boolean;
}

/** Finds conversations, models and actions by name. */
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
          (isThere ? before : document.querySelector<HTMLElement>(`main ${promptField}`))?.focus({
            preventScroll: true,
          });
        }}
      >
        <DialogTitle className="sr-only">Commands</DialogTitle>
        <Palette {...choices} onDone={() => onOpenChange(false)} />
      </DialogContent>
    </Dialog>
  );
}

/** Returns the element that had the focus when the palette opened. The palette's field takes the focus before any effect runs. */
function useFocusedBefore(open: boolean): () => HTMLElement | null {
  const before = useRef<{ open: boolean; element: HTMLElement | null }>({ open: false, element: null });
  if (open !== before.current.open) {
    const element = open ? (document.activeElement as HTMLElement | null) : before.current.element;
    before.current = { open, element };
  }
  return () => before.current.element;
}

type PaletteProps = Pick<CommandPaletteProps, 'models' | 'isAdmin'> & { onDone: () => void };

function Palette({ models, isAdmin, onDone }: PaletteProps) {
  const listId = useId();
  const navigate = useNavigate();
  const [search, setSearch] = useState('');
  /** The active command, by its id: commands that are found meanwhile may come before it. */
  const [chosen, setChosen] = useState<string | null>(null);
  const found = useFoundConversations(search.trim());
  const { answer } = found;
  const presets = usePresetCommands(search.trim(), navigate);
  const folders = useFolderCommands(search.trim(), navigate);
  const commands = useMemo(
    () => [...commandsFor({ search: search.trim(), ...found, models, isAdmin, navigate }), ...presets, ...folders],
    [search, found, models, isAdmin, navigate, presets, folders],
  );
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
          <CommandOption
            key={command.id}
            id={`${listId}-${index}`}
            command={command}
            isFirst={command.group !== commands[index - 1]?.group}
            isActive={index === at}
            onRun={() => run(command)}
            onActive={() => setChosen(command.id)}
          />
        ))}
        {commands.length === 0 && answer !== 'failed' ? (
          <p className="px-3 py-6 text-center text-sm text-muted-foreground">
            {answer === 'here' ? 'Nothing found.' : 'Searching…'}
          </p>
        ) : null}
      </div>
      {answer === 'failed' ? (
        <p role="status" className="border-t px-4 py-3 text-sm text-muted-foreground peer-empty:border-t-0">
          The server could not be reached. Conversations may be missing here.
        </p>
      ) : null}
    </>
  );
}

interface CommandOptionProps {
  id: string;
  command: Command;
  /** Whether the command is the first of its group. */
  isFirst: boolean;
  isActive: boolean;
  onRun: () => void;
  onActive: () => void;
}

function CommandOption({ id, command, isFirst, isActive, onRun, onActive }: CommandOptionProps) {
  return (
    <div>
      {isFirst ? (
        <p className="px-3 pt-2 pb-1 text-xs font-medium text-muted-foreground" aria-hidden="true">
          {command.group}
        </p>
      ) : null}
      {/* biome-ignore lint/a11y/useFocusableInteractive lint/a11y/useKeyWithClickEvents: the search field holds the focus and the keys */}
      <div
        id={id}
        role="option"
        aria-selected={isActive}
        onClick={onRun}
        onPointerMove={onActive}
        className={classes(
          'flex min-h-9 items-center gap-3 rounded-sm px-3 py-1 text-sm [&_svg]:size-4 [&_svg]:shrink-0 [&>svg:not(.provider-mark)]:text-muted-foreground',
          isActive && 'bg-hover',
        )}
      >
        {command.icon}
        <span className="min-w-0 flex-1">
          <span className="block truncate text-start [unicode-bidi:plaintext]">{command.content ?? command.label}</span>
          {command.note ? (
            <span className="block truncate text-xs text-muted-foreground">
              <bdi>{command.note}</bdi>
            </span>
          ) : null}
        </span>
      </div>
    </div>
  );
}
