import { models as texts } from 'texts:chat';
import { Bookmark, BookmarkPlus, Plus, Search } from 'lucide-react';
import { type KeyboardEvent, useId, useMemo, useState } from 'react';
import type { ModelChoiceFragment } from '../../../graphql/generated/graphql.ts';
import { withoutKeyboard } from '../../../ui/browser/focus.ts';
import { Button } from '../../../ui/button.tsx';
import { classes } from '../../../ui/classes.ts';
import { Popover, PopoverContent, PopoverTrigger } from '../../../ui/popover.tsx';
import { Tooltip } from '../../../ui/tooltip.tsx';
import { isChoosable } from '../../turns/asking.ts';
import { type Preset, presetsNamed, presetWords, usePresetStore, usePresets } from '../presets/preset-store.ts';
import { modelGroups } from './model-groups.ts';
import { ModelOption } from './model-option.tsx';
import { useProviderTroubles } from './provider-troubles.ts';

export interface PresetPicking {
  /** The id of the preset that the prompt goes by; null: it goes by none. */
  appliedId: string | null;
  onChoose: (preset: Preset) => void;
  /** Asks for a name under which models and settings are saved. */
  onSave: () => void;
}

interface ModelPickerProps {
  models: readonly ModelChoiceFragment[];
  /** The ids of the chosen models in the order of the lanes; a model may be chosen twice. */
  selected: readonly string[];
  /** How many models one prompt may ask. */
  limit: number;
  onAdd: (modelId: string) => void;
  /** Removes the model once, even if it is chosen twice. */
  onRemove: (modelId: string) => void;
  presets: PresetPicking;
}

/** How many presets are listed before somebody searches for one. */
const presetsAtFirst = 5;

/**
 * Chooses the models that a prompt asks, or a preset that names them. All models are listed by provider, the favourites
 * before them, with the reason if one cannot be asked.
 */
export function ModelPicker({ presets, ...choice }: ModelPickerProps) {
  const [open, setOpen] = useState(false);
  return (
    <Popover open={open} onOpenChange={setOpen}>
      <Tooltip text={texts.addModel}>
        <PopoverTrigger asChild>
          <Button variant="ghost" size="icon" aria-label={texts.addModel} className="size-7">
            <Plus />
          </Button>
        </PopoverTrigger>
      </Tooltip>
      <PopoverContent
        side="top"
        className="w-90 overflow-hidden p-0"
        aria-label={texts.models}
        onOpenAutoFocus={withoutKeyboard}
      >
        <ModelList
          {...choice}
          presets={{
            appliedId: presets.appliedId,
            onChoose(preset) {
              setOpen(false);
              presets.onChoose(preset);
            },
            onSave() {
              setOpen(false);
              presets.onSave();
            },
          }}
        />
      </PopoverContent>
    </Popover>
  );
}

function ModelList({ models, selected, limit, onAdd, onRemove, presets: picking }: ModelPickerProps) {
  const listId = useId();
  const [search, setSearch] = useState('');
  const { presets: known, favourites } = usePresets();
  const { mark } = usePresetStore();
  const groups = useMemo(() => modelGroups(models, search, favourites), [models, search, favourites]);
  const presets = presetsNamed(known, search).slice(0, search.trim() ? undefined : presetsAtFirst);
  const shown = groups.flatMap((group) => group.models);
  const options: readonly { id: string }[] = [...presets, ...shown];
  /** The id of the active option. Presets may come before it meanwhile. */
  const [cursor, setCursor] = useState<string | null>(null);
  const troubles = useProviderTroubles();
  const full = selected.length >= limit;
  const chosen = options.findIndex(({ id }) => id === cursor);
  // The picker was opened for a model: a preset becomes active only when it is gone to, or when there is nothing else.
  const at = chosen >= 0 ? chosen : shown.length > 0 ? presets.length : presets.length - 1;

  function toggle(model: ModelChoiceFragment): void {
    if (selected.includes(model.id)) onRemove(model.id);
    else if (isChoosable(model) && !full) onAdd(model.id);
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.nativeEvent.isComposing) return;
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0 && options.length > 0) {
      event.preventDefault();
      const next = (at + step + options.length) % options.length;
      setCursor(options[next]?.id ?? null);
      document.getElementById(`${listId}-${next}`)?.scrollIntoView({ block: 'nearest' });
    }
    if (event.key !== 'Enter') return;
    event.preventDefault();
    const preset = presets[at];
    const model = shown[at - presets.length];
    if (preset) picking.onChoose(preset);
    else if (!model) return;
    else if (event.altKey) void mark(model.id, !favourites.has(model.id));
    else if (event.shiftKey && isChoosable(model) && !full) onAdd(model.id);
    else toggle(model);
  }

  return (
    <>
      <SearchRow
        listId={listId}
        at={at}
        search={search}
        onSearch={(text) => {
          setSearch(text);
          setCursor(null);
        }}
        onKeyDown={onKeyDown}
        count={texts.chosenOf({ chosen: selected.length, limit })}
      />
      <div
        id={listId}
        role="listbox"
        aria-label={texts.models}
        aria-multiselectable="true"
        className="max-h-80 overflow-y-auto p-1"
      >
        <PresetGroup {...{ listId, presets, at, picking }} />
        {groups.map((group) => (
          // biome-ignore lint/a11y/useSemanticElements: a group of options, not of fields
          <div key={group.id} role="group" aria-label={group.name}>
            <GroupHead name={group.name} trouble={troubles.get(group.id)} />
            {group.models.map((model) => {
              const index = presets.length + shown.indexOf(model);
              return (
                <ModelOption
                  key={model.id}
                  id={`${listId}-${index}`}
                  model={model}
                  count={selected.filter((id) => id === model.id).length}
                  active={index === at}
                  full={full}
                  onToggle={() => toggle(model)}
                  favourite={favourites.has(model.id)}
                  onAgain={() => onAdd(model.id)}
                  onFavourite={() => void mark(model.id, !favourites.has(model.id))}
                />
              );
            })}
          </div>
        ))}
        {options.length === 0 ? (
          <p className="px-2 py-6 text-center text-sm text-muted-foreground">{texts.noModel}</p>
        ) : null}
      </div>
      {full ? (
        <p className="border-t px-3 py-2 text-sm text-muted-foreground">{texts.planAllowsUpTo({ limit })}</p>
      ) : null}
      <SaveRow onSave={picking.onSave} />
    </>
  );
}

function SearchRow({
  listId,
  at,
  search,
  onSearch,
  onKeyDown,
  count,
}: {
  listId: string;
  /** The index of the active option; -1: there is none. */
  at: number;
  search: string;
  onSearch: (text: string) => void;
  onKeyDown: (event: KeyboardEvent) => void;
  count: string;
}) {
  return (
    <div className="flex h-11 items-center gap-2 border-b px-3">
      <Search className="size-4 shrink-0 text-muted-foreground" aria-hidden="true" />
      <input
        role="combobox"
        aria-expanded="true"
        aria-controls={listId}
        aria-activedescendant={at >= 0 ? `${listId}-${at}` : undefined}
        aria-label={texts.searchModels}
        placeholder={texts.searchModels}
        className="h-full min-w-0 flex-1 bg-transparent outline-none"
        value={search}
        onChange={(event) => onSearch(event.target.value)}
        onKeyDown={onKeyDown}
      />
      <span className="figures text-sm text-muted-foreground">{count}</span>
    </div>
  );
}

function PresetGroup({
  listId,
  presets,
  at,
  picking,
}: {
  listId: string;
  presets: readonly Preset[];
  at: number;
  picking: PresetPicking;
}) {
  if (presets.length === 0) return null;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a group of options, not of fields
    <div role="group" aria-label={texts.presets}>
      <GroupHead name={texts.presets} trouble={undefined} />
      {presets.map((preset, index) => (
        <PresetOption
          key={preset.id}
          id={`${listId}-${index}`}
          preset={preset}
          applied={preset.id === picking.appliedId}
          active={index === at}
          onChoose={() => picking.onChoose(preset)}
        />
      ))}
    </div>
  );
}

function SaveRow({ onSave }: { onSave: () => void }) {
  return (
    <div className="border-t p-1">
      <Button variant="ghost" size="small" className="w-full justify-start px-2" onClick={onSave}>
        <BookmarkPlus /> {texts.saveAsPreset}
      </Button>
    </div>
  );
}

function GroupHead({ name, trouble }: { name: string; trouble: string | undefined }) {
  return (
    <p className="flex items-baseline gap-2 px-2 pt-2 pb-1 text-xs text-muted-foreground">
      <span className="font-medium" aria-hidden="true">
        {name}
      </span>
      {trouble === undefined ? null : (
        <span className="text-warning">
          <span aria-hidden="true">⚠ </span>
          {trouble}
        </span>
      )}
    </p>
  );
}

function PresetOption({
  id,
  preset,
  applied,
  active,
  onChoose,
}: {
  id: string;
  preset: Preset;
  applied: boolean;
  active: boolean;
  onChoose: () => void;
}) {
  return (
    // biome-ignore lint/a11y/useFocusableInteractive lint/a11y/useKeyWithClickEvents: the search field holds the focus and the keys
    <div
      id={id}
      role="option"
      aria-selected={applied}
      onClick={onChoose}
      className={classes(
        'flex min-h-9 items-center gap-2 rounded-sm px-2 py-1 hover:bg-hover max-md:min-h-[44px]',
        active && 'bg-hover',
      )}
    >
      <Bookmark
        className={classes('size-4 shrink-0', applied ? 'text-primary' : 'text-muted-foreground')}
        aria-hidden="true"
      />
      <span className="max-w-[60%] shrink-0 truncate">{preset.name}</span>
      <span className="min-w-0 flex-1 truncate text-xs text-muted-foreground">{presetWords(preset)}</span>
    </div>
  );
}
