import { Check, Lock, Plus, Search } from 'lucide-react';
import { type KeyboardEvent, useId, useMemo, useState } from 'react';
import type { ModelChoiceFragment } from '../../../graphql/generated/graphql.ts';
import { withoutKeyboard } from '../../../ui/browser/focus.ts';
import { Button } from '../../../ui/button.tsx';
import { classes } from '../../../ui/classes.ts';
import { formatShort } from '../../../ui/figures.ts';
import { Popover, PopoverContent, PopoverTrigger } from '../../../ui/popover.tsx';
import { ProviderMark } from '../../../ui/provider-mark.tsx';
import { Tooltip } from '../../../ui/tooltip.tsx';
import { isChoosable } from '../../turns/asking.ts';
import { useProviderTroubles } from './provider-troubles.ts';

interface ModelPickerProps {
  models: readonly ModelChoiceFragment[];
  /** The ids of the chosen models in the order of the lanes; a model may be chosen twice. */
  selected: readonly string[];
  /** How many models one prompt may ask. */
  limit: number;
  onAdd: (modelId: string) => void;
  /** Removes the model once, even if it is chosen twice. */
  onRemove: (modelId: string) => void;
}

/** Chooses the models that a prompt asks. All models are listed by provider, with the reason if one cannot be asked. */
export function ModelPicker({ models, selected, limit, onAdd, onRemove }: ModelPickerProps) {
  const [open, setOpen] = useState(false);
  return (
    <Popover open={open} onOpenChange={setOpen}>
      <Tooltip text="Add a model">
        <PopoverTrigger asChild>
          <Button variant="ghost" size="icon" aria-label="Add a model" className="size-7">
            <Plus />
          </Button>
        </PopoverTrigger>
      </Tooltip>
      <PopoverContent
        side="top"
        className="w-90 overflow-hidden p-0"
        aria-label="Models"
        onOpenAutoFocus={withoutKeyboard}
      >
        <ModelList {...{ models, selected, limit, onAdd, onRemove }} />
      </PopoverContent>
    </Popover>
  );
}

function ModelList({ models, selected, limit, onAdd, onRemove }: ModelPickerProps) {
  const listId = useId();
  const [search, setSearch] = useState('');
  const groups = useMemo(() => byProvider(models, search), [models, search]);
  const shown = groups.flatMap((group) => group.models);
  const [cursor, setCursor] = useState(0);
  const troubles = useProviderTroubles();
  const full = selected.length >= limit;
  const at = Math.min(cursor, shown.length - 1);

  function toggle(model: ModelChoiceFragment): void {
    if (selected.includes(model.id)) onRemove(model.id);
    else if (isChoosable(model) && !full) onAdd(model.id);
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.nativeEvent.isComposing) return;
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0 && shown.length > 0) {
      event.preventDefault();
      const next = (at + step + shown.length) % shown.length;
      setCursor(next);
      document.getElementById(`${listId}-${next}`)?.scrollIntoView({ block: 'nearest' });
    }
    const model = shown[at];
    if (event.key === 'Enter' && model) {
      event.preventDefault();
      if (event.shiftKey && isChoosable(model) && !full) onAdd(model.id);
      else toggle(model);
    }
  }

  return (
    <>
      <div className="flex h-11 items-center gap-2 border-b px-3">
        <Search className="size-4 shrink-0 text-muted-foreground" aria-hidden="true" />
        <input
          role="combobox"
          aria-expanded="true"
          aria-controls={listId}
          aria-activedescendant={at >= 0 ? `${listId}-${at}` : undefined}
          aria-label="Search models"
          placeholder="Search models"
          className="h-full min-w-0 flex-1 bg-transparent outline-none"
          value={search}
          onChange={(event) => {
            setSearch(event.target.value);
            setCursor(0);
          }}
          onKeyDown={onKeyDown}
        />
        <span className="figures text-sm text-muted-foreground">
          {selected.length} of {limit}
        </span>
      </div>
      <div
        id={listId}
        role="listbox"
        aria-label="Models"
        aria-multiselectable="true"
        className="max-h-80 overflow-y-auto p-1"
      >
        {groups.map((group) => (
          // biome-ignore lint/a11y/useSemanticElements: a group of options, not of fields
          <div key={group.id} role="group" aria-label={group.name}>
            <GroupHead name={group.name} trouble={troubles.get(group.id)} />
            {group.models.map((model) => {
              const index = shown.indexOf(model);
              return (
                <ModelOption
                  key={model.id}
                  id={`${listId}-${index}`}
                  model={model}
                  count={selected.filter((id) => id === model.id).length}
                  active={index === at}
                  full={full}
                  onToggle={() => toggle(model)}
                  onAgain={() => onAdd(model.id)}
                />
              );
            })}
          </div>
        ))}
        {shown.length === 0 ? (
          <p className="px-2 py-6 text-center text-sm text-muted-foreground">No model has that name.</p>
        ) : null}
      </div>
      {full ? (
        <p className="border-t px-3 py-2 text-sm text-muted-foreground">
          Your plan allows up to {limit} at once. Remove one to add another.
        </p>
      ) : null}
    </>
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

function ModelOption({
  id,
  model,
  count,
  active,
  full,
  onToggle,
  onAgain,
}: {
  id: string;
  model: ModelChoiceFragment;
  count: number;
  active: boolean;
  full: boolean;
  onToggle: () => void;
  onAgain: () => void;
}) {
  const locked = !isChoosable(model) && count === 0;
  return (
    // biome-ignore lint/a11y/useFocusableInteractive lint/a11y/useKeyWithClickEvents: the search field holds the focus and the keys
    <div
      id={id}
      role="option"
      aria-selected={count > 0}
      aria-disabled={locked || (full && count === 0)}
      onClick={onToggle}
      className={classes(
        'group flex min-h-9 max-md:min-h-[44px] items-center gap-2 rounded-sm px-2 py-1 hover:bg-hover',
        active && 'bg-hover',
        locked && 'cursor-not-allowed',
      )}
    >
      <ProviderMark providerId={model.provider.id} className={locked ? 'opacity-50' : ''} />
      <span className="min-w-0 flex-1">
        <span className={classes('block truncate', locked && 'text-muted-foreground')}>{model.name}</span>
        {locked || !model.access.allowed ? (
          <span className={classes('block text-xs', locked ? 'text-muted-foreground' : 'text-warning')}>
            {model.access.message}
          </span>
        ) : null}
      </span>
      {count > 0 && !full ? (
        <button
          type="button"
          tabIndex={-1}
          className={classes(
            'rounded-sm px-1.5 text-xs whitespace-nowrap text-muted-foreground group-hover:block hover:text-foreground',
            active ? 'block' : 'hidden',
          )}
          title="Shift+Enter"
          onClick={(event) => {
            event.stopPropagation();
            onAgain();
          }}
        >
          ask it twice
        </button>
      ) : null}
      <span className="figures text-xs text-muted-foreground" title="Credits per million tokens read / written">
        {formatShort(model.inputPrice)} / {formatShort(model.outputPrice)}
      </span>
      <span className="grid w-5 place-items-center text-primary">
        {locked ? <Lock className="size-3.5 text-muted-foreground" aria-hidden="true" /> : null}
        {count === 1 ? <Check className="size-4" aria-hidden="true" /> : null}
        {count > 1 ? <span className="figures text-sm font-medium">×{count}</span> : null}
      </span>
    </div>
  );
}

interface ProviderGroup {
  id: string;
  name: string;
  models: ModelChoiceFragment[];
}

function byProvider(models: readonly ModelChoiceFragment[], search: string): ProviderGroup[] {
  const wanted = search.trim().toLowerCase();
  const groups = new Map<string, ProviderGroup>();
  for (const model of models) {
    const { id, name } = model.provider;
    if (wanted && !`${model.name} ${model.id} ${name}`.toLowerCase().includes(wanted)) continue;
    const group = groups.get(id) ?? { id, name, models: [] };
    groups.set(id, group);
    group.models.push(model);
  }
  return [...groups.values()];
}
