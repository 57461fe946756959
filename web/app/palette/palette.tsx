import { frame } from 'texts:chat';
import { palette as texts } from 'texts:tools';
import { useNavigate } from '@remix-run/react';
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from 'react';
import type { ModelChoiceFragment } from '../graphql/generated/graphql.ts';
import { classes } from '../ui/classes.ts';
import type { Command } from './command.ts';
import { commandsFor } from './commands.tsx';
import { SearchField } from './search-field.tsx';
import { useFolderCommands } from './use-folder-commands.tsx';
import { useFoundConversations } from './use-found-conversations.ts';
import { usePresetCommands } from './use-preset-commands.tsx';

interface PaletteProps {
  models: readonly ModelChoiceFragment[];
  isAdmin: boolean;
  search: string;
  onSearch: (search: string) => void;
  /** Whether Enter was pressed before this was loaded. */
  entered: boolean;
  onDone: () => void;
}

const groupNames: Record<Command['group'], string> = {
  actions: texts.actions,
  conversations: texts.conversations,
  lines: texts.lines,
  models: texts.models,
  presets: texts.presets,
  folders: texts.folders,
};

/** The field of the palette, and the commands that it finds. */
export default function Palette({ models, isAdmin, search, onSearch, entered, onDone }: PaletteProps) {
  const listId = useId();
  const navigate = useNavigate();
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

  const isDue = useRef(entered);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is run is what is found first, by the words as they are then
  useEffect(() => {
    if (!isDue.current || commands.length === 0) return;
    isDue.current = false;
    run(commands[0]);
  }, [commands]);

  function onKeyDown(event: KeyboardEvent): void {
    isDue.current = false;
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
      <SearchField
        search={search}
        onSearch={(text) => {
          onSearch(text);
          setChosen(null);
        }}
        aria-controls={listId}
        aria-activedescendant={at >= 0 ? `${listId}-${at}` : undefined}
        onKeyDown={onKeyDown}
      />
      <div
        id={listId}
        role="listbox"
        aria-label={frame.commands}
        className="peer max-h-[50vh] overflow-y-auto p-1 empty:p-0"
      >
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
            {answer === 'here' ? texts.nothingFound : texts.searching}
          </p>
        ) : null}
      </div>
      {answer === 'failed' ? (
        <p role="status" className="border-t px-4 py-3 text-sm text-muted-foreground peer-empty:border-t-0">
          {texts.conversationsMissing}
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
          {groupNames[command.group]}
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
          'flex min-h-9 max-md:min-h-[44px] items-center gap-3 rounded-sm px-3 py-1 text-sm [&_svg]:size-4 [&_svg]:shrink-0 [&>svg:not(.provider-mark)]:text-muted-foreground',
          isActive && 'bg-hover',
        )}
      >
        {command.icon}
        <span className="min-w-0 flex-1">
          <span className="block w-fit max-w-full truncate text-start [unicode-bidi:plaintext]">
            {command.content ?? command.label}
          </span>
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
