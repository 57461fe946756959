import { presets as texts } from 'texts:tools';
import { Bookmark, TextCursorInput } from 'lucide-react';
import { forwardRef, type KeyboardEvent, useEffect, useImperativeHandle, useState } from 'react';
import { classes } from '../../../ui/classes.ts';
import { isPromptOnly, type Preset, presetsNamed, presetWords, usePresets } from './preset-store.ts';

export interface SlashKeys {
  /** Whether the menu has used the key. */
  onKeyDown(event: KeyboardEvent): boolean;
}

export interface SlashMenuProps {
  id: string;
  /** What follows the slash. */
  query: string;
  onChoose: (preset: Preset) => void;
  /** Called with the id of the active option's element; null: there is none. */
  onActive: (elementId: string | null) => void;
}

/** The presets and prompts that a slash at the beginning of the prompt lists. The prompt keeps the focus and the keys. */
const SlashMenu = forwardRef<SlashKeys, SlashMenuProps>(function SlashMenu({ id, query, onChoose, onActive }, ref) {
  const { presets, progress } = usePresets();
  const [chosen, setChosen] = useState<string | null>(null);
  const found = presetsNamed(presets, query);
  const groups = [
    { name: texts.presets, presets: found.filter((preset) => !isPromptOnly(preset)) },
    { name: texts.prompts, presets: found.filter(isPromptOnly) },
  ].filter((group) => group.presets.length > 0);
  const shown = groups.flatMap((group) => group.presets);
  const known = shown.findIndex((preset) => preset.id === chosen);
  const at = Math.max(0, known);
  const active = shown[at];
  const activeId = active ? `${id}-${at}` : null;
  useEffect(() => onActive(activeId), [onActive, activeId]);
  useImperativeHandle(ref, () => ({
    onKeyDown(event) {
      const isEnter = event.key === 'Enter' && !event.shiftKey;
      if (!active) return isEnter && progress === 'awaited';
      const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
      if (step !== 0) {
        const next = (at + step + shown.length) % shown.length;
        setChosen(shown[next]?.id ?? null);
        document.getElementById(`${id}-${next}`)?.scrollIntoView({ block: 'nearest' });
        return true;
      }
      if (!isEnter && event.key !== 'Tab') return false;
      onChoose(active);
      return true;
    },
  }));
  if (progress === 'here' && shown.length === 0 && query.trim() !== '') return null;
  return (
    <div
      data-slash-menu
      className="absolute inset-x-0 bottom-full z-30 mb-2 animate-enter overflow-hidden rounded-lg border bg-popover shadow-float"
    >
      {shown.length > 0 ? (
        <div
          id={id}
          role="listbox"
          aria-label={texts.presetsAndPrompts}
          className="max-h-[min(20rem,calc(var(--seen)*0.4))] overflow-y-auto p-1"
        >
          {groups.map((group) => (
            // biome-ignore lint/a11y/useSemanticElements: a group of options, not of fields
            <div key={group.name} role="group" aria-label={group.name}>
              <p className="px-3 pt-2 pb-1 text-xs font-medium text-muted-foreground" aria-hidden="true">
                {group.name}
              </p>
              {group.presets.map((preset) => (
                <PresetOption
                  key={preset.id}
                  id={`${id}-${shown.indexOf(preset)}`}
                  preset={preset}
                  active={preset === active}
                  onChoose={() => onChoose(preset)}
                  onActive={() => setChosen(preset.id)}
                />
              ))}
            </div>
          ))}
        </div>
      ) : (
        <p className="px-4 py-3 text-sm text-muted-foreground" role="status">
          {progress === 'awaited' ? texts.loading : progress === 'failed' ? texts.notLoaded : texts.none}
        </p>
      )}
    </div>
  );
});

export default SlashMenu;

function PresetOption({
  id,
  preset,
  active,
  onChoose,
  onActive,
}: {
  id: string;
  preset: Preset;
  active: boolean;
  onChoose: () => void;
  onActive: () => void;
}) {
  const Icon = isPromptOnly(preset) ? TextCursorInput : Bookmark;
  return (
    // biome-ignore lint/a11y/useFocusableInteractive lint/a11y/useKeyWithClickEvents: the prompt holds the focus and the keys
    <div
      id={id}
      role="option"
      aria-selected={active}
      // The prompt keeps the focus.
      onMouseDown={(event) => event.preventDefault()}
      onClick={onChoose}
      onPointerMove={onActive}
      className={classes(
        'flex min-h-9 items-center gap-3 rounded-sm px-3 py-1.5 text-sm max-md:min-h-[44px]',
        active && 'bg-hover',
      )}
    >
      <Icon className="size-4 shrink-0 text-muted-foreground" aria-hidden="true" />
      <span className="max-w-[50%] shrink-0 truncate font-medium">{preset.name}</span>
      <span className="min-w-0 flex-1 truncate text-muted-foreground">{presetWords(preset)}</span>
      {preset.shared ? <span className="shrink-0 text-xs text-muted-foreground">{texts.shared}</span> : null}
    </div>
  );
}
