import { teamForm as texts } from 'texts:admin';
import { useId } from 'react';
import type { ModelChoiceFragment } from '../../graphql/generated/graphql.ts';

interface ModelListProps {
  models: readonly ModelChoiceFragment[];
  /** Null: all models. */
  chosen: readonly string[] | null;
  onChosen: (modelIds: readonly string[] | null) => void;
}

/** Chooses the models that a team pays for: all of them, or some. */
export function ModelList({ models, chosen, onChosen }: ModelListProps) {
  const name = useId();
  const known = new Set(models.map(({ id }) => id));
  const others = (chosen ?? []).filter((id) => !known.has(id)).map((id) => ({ id, name: id }));
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1 text-sm font-medium">{texts.models}</legend>
      <div className="flex gap-6 text-sm">
        <label className="flex items-center gap-2">
          <input
            type="radio"
            className="accent-primary"
            name={name}
            checked={chosen === null}
            onChange={() => onChosen(null)}
          />{' '}
          {texts.allModels}
        </label>
        <label className="flex items-center gap-2">
          <input
            type="radio"
            className="accent-primary"
            name={name}
            checked={chosen !== null}
            onChange={() => onChosen(chosen ?? [])}
          />{' '}
          {texts.onlyThese}
        </label>
      </div>
      {chosen === null ? null : (
        <ul className="grid max-h-56 grid-cols-3 gap-x-4 overflow-y-auto rounded-md border p-2 text-sm max-lg:grid-cols-2 max-md:grid-cols-1">
          {[...models, ...others].map((model) => (
            <li key={model.id}>
              <label className="flex min-h-8 items-center gap-2 rounded-sm px-2 hover:bg-hover">
                <input
                  type="checkbox"
                  className="accent-primary"
                  checked={chosen.includes(model.id)}
                  onChange={({ target }) =>
                    onChosen(target.checked ? [...chosen, model.id] : chosen.filter((id) => id !== model.id))
                  }
                />
                <span className="truncate" title={model.id}>
                  {model.name}
                </span>
              </label>
            </li>
          ))}
        </ul>
      )}
      {chosen?.length === 0 ? <p className="text-xs text-muted-foreground">{texts.atLeastOne}</p> : null}
    </fieldset>
  );
}
