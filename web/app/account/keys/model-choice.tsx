import { keys as texts } from 'texts:account';
import { Search } from 'lucide-react';
import { useId, useState } from 'react';
import type { ModelChoiceFragment } from '../../graphql/generated/graphql.ts';
import { ProviderMark } from '../../ui/provider-mark.tsx';

interface ModelChoiceProps {
  models: readonly ModelChoiceFragment[];
  /** The ids of the models that the key may ask; null: all. */
  chosen: readonly string[] | null;
  onChange: (chosen: readonly string[] | null) => void;
}

/** Chooses the models that a key may ask: all, or some of the catalogue. */
export function ModelChoice({ models, chosen, onChange }: ModelChoiceProps) {
  const name = useId();
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1 text-sm font-medium">{texts.modelsToAsk}</legend>
      <div className="flex flex-wrap gap-x-6 gap-y-2 text-sm">
        <label className="flex cursor-pointer items-center gap-2">
          <input
            type="radio"
            name={name}
            className="size-4 cursor-pointer accent-primary"
            checked={chosen === null}
            onChange={() => onChange(null)}
          />
          {texts.allYouMay}
        </label>
        <label className="flex cursor-pointer items-center gap-2">
          <input
            type="radio"
            name={name}
            className="size-4 cursor-pointer accent-primary"
            checked={chosen !== null}
            onChange={() => onChange([])}
          />
          {texts.onlySome}
          {chosen !== null ? (
            <span className="figures text-muted-foreground">
              {texts.chosenOf({ chosen: chosen.length, all: models.length })}
            </span>
          ) : null}
        </label>
      </div>
      {chosen !== null ? <ModelList {...{ models, chosen, onChange }} /> : null}
    </fieldset>
  );
}

function ModelList({ models, chosen, onChange }: ModelChoiceProps & { chosen: readonly string[] }) {
  const [search, setSearch] = useState('');
  const wanted = search.trim().toLowerCase();
  const shown = models.filter((model) =>
    `${model.name} ${model.id} ${model.provider.name}`.toLowerCase().includes(wanted),
  );
  const toggle = (id: string) =>
    onChange(chosen.includes(id) ? chosen.filter((other) => other !== id) : [...chosen, id]);
  return (
    <div className="overflow-hidden rounded-md border border-input bg-card">
      <div className="flex h-10 items-center gap-2 border-b px-3 has-focus-visible:outline-2 has-focus-visible:-outline-offset-2 has-focus-visible:outline-ring">
        <Search className="size-4 shrink-0 text-muted-foreground" aria-hidden="true" />
        <input
          type="search"
          aria-label={texts.searchModels}
          placeholder={texts.searchModels}
          className="h-full min-w-0 flex-1 bg-transparent text-sm outline-none"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
          // In this field, Enter must not create the key.
          onKeyDown={(event) => event.key === 'Enter' && event.preventDefault()}
        />
      </div>
      <ul
        aria-label={texts.models}
        className="grid max-h-56 grid-cols-3 overflow-y-auto p-1 max-lg:grid-cols-2 max-md:grid-cols-1"
      >
        {shown.map((model) => (
          <li key={model.id}>
            <label
              title={model.id}
              className="flex h-9 cursor-pointer items-center gap-2 rounded-sm px-2 text-sm hover:bg-hover has-focus-visible:outline-2 has-focus-visible:-outline-offset-2 has-focus-visible:outline-ring"
            >
              <input
                type="checkbox"
                className="size-4 shrink-0 cursor-pointer accent-primary outline-none"
                checked={chosen.includes(model.id)}
                onChange={() => toggle(model.id)}
              />
              <ProviderMark providerId={model.provider.id} />
              <span className="min-w-0 truncate">{model.name}</span>
            </label>
          </li>
        ))}
      </ul>
      {shown.length === 0 ? (
        <p className="px-3 pb-3 text-center text-sm text-muted-foreground">{texts.noneFound}</p>
      ) : null}
    </div>
  );
}
