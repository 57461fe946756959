import { type FormEvent, useState } from 'react';
import {
  type AdminModelsQuery,
  RemoveModelDocument,
  SetModelDocument,
  type TierId,
} from '../../graphql/generated/graphql.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog, DialogContent, DialogDescription, DialogTitle } from '../../ui/dialog.tsx';
import { Input } from '../../ui/input.tsx';
import { Select } from '../../ui/select.tsx';
import type { Acting } from '../acting.ts';
import { Field, Refusal } from './field.tsx';

/** A model of the catalogue, or one that a provider lists and the price list may know. */
export interface FormModel extends Partial<Omit<AdminModelsQuery['models'][number], 'id' | 'name'>> {
  id: string;
  name: string;
  suggestion?: {
    contextWindow: number | null;
    maxOutputTokens: number | null;
    inputPriceUsd: number;
    outputPriceUsd: number;
  } | null;
}

interface ModelFormProps {
  model: FormModel;
  tiers: AdminModelsQuery['tiers'];
  acting: Acting;
  onSaved?: () => void;
}

/** A button that opens a dialog, in which an admin adds a model or changes one. */
export function ModelForm({ model, tiers, acting, onSaved }: ModelFormProps) {
  const [open, setOpen] = useState(false);
  const isKnown = model.setup != null;
  return (
    <>
      <Button size="small" aria-label={`${isKnown ? 'Change' : 'Add'} ${model.name}`} onClick={() => setOpen(true)}>
        {isKnown ? 'Change' : 'Add'}
      </Button>
      <Dialog open={open} onOpenChange={setOpen}>
        <DialogContent className="max-h-[90vh] overflow-y-auto">
          <DialogTitle>{isKnown ? model.name : `Add ${model.name}`}</DialogTitle>
          <DialogDescription className="mt-1 text-sm text-muted-foreground">
            {isKnown
              ? 'Running answers keep the prices at which they were asked.'
              : 'What the price list knows is filled in.'}
          </DialogDescription>
          <Fields
            model={model}
            tiers={tiers}
            acting={acting}
            onSaved={() => {
              setOpen(false);
              onSaved?.();
            }}
          />
        </DialogContent>
      </Dialog>
    </>
  );
}

/** What the form says of the model. */
function inputOf({ id, setup, ...model }: FormModel, form: FormData) {
  const change = setup?.change;
  const text = (name: string) => String(form.get(name) ?? '').trim();
  // A field that still has what the server was started with is not written down.
  const changed = (name: string, before: string | number | null | undefined, was: unknown) =>
    text(name) === '' || (setup && was == null && text(name) === String(before ?? '')) ? null : text(name);
  const figure = (name: string, before: number | null | undefined, was: unknown) => {
    const value = changed(name, before, was);
    return value === null ? null : Number(value);
  };
  return {
    ...(change && {
      cachedInputPriceUsd: change.cachedInputPriceUsd,
      cacheWriteInputPriceUsd: change.cacheWriteInputPriceUsd,
      sampling: change.sampling,
      reasoning: change.reasoning,
    }),
    id,
    name: changed('name', model.name, change?.name),
    minimumTier: changed('minimumTier', model.minimumTier, change?.minimumTier) as TierId | null,
    contextWindow: figure('contextWindow', model.contextWindow, change?.contextWindow),
    maxOutputTokens: figure('maxOutputTokens', model.maxOutputTokens, change?.maxOutputTokens),
    inputPriceUsd: figure('inputPriceUsd', setup?.inputPriceUsd, change?.inputPriceUsd),
    outputPriceUsd: figure('outputPriceUsd', setup?.outputPriceUsd, change?.outputPriceUsd),
    fallbackIds: text('fallbacks') === '' ? (change?.fallbackIds ? [] : null) : text('fallbacks').split(/[\s,]+/),
  };
}

function Fields({ model, tiers, acting, onSaved }: ModelFormProps & { onSaved: () => void }) {
  const { id, setup, suggestion } = model;
  const change = setup?.change;
  const refusal = acting.refusals.get(id);

  async function save(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const input = inputOf(model, new FormData(event.currentTarget));
    if (await acting.act(id, SetModelDocument, { input }, `${model.name} is stored.`)) onSaved();
  }

  const number = (label: string, name: string, value: number | null | undefined, step: string) => (
    <Field label={label}>
      {(fieldId) => (
        <Input
          id={fieldId}
          name={name}
          type="number"
          min={0}
          step={step}
          required={!setup}
          className="figures h-9"
          defaultValue={value ?? ''}
        />
      )}
    </Field>
  );
  return (
    <form className="mt-4 flex flex-col gap-4" autoComplete="off" onSubmit={(event) => void save(event)}>
      <div className="grid grid-cols-2 gap-4 max-md:grid-cols-1">
        <Field label="Name">
          {(fieldId) => (
            <Input id={fieldId} name="name" required maxLength={100} className="h-9" defaultValue={model.name} />
          )}
        </Field>
        <Field label="From plan">
          {(fieldId) => (
            <Select id={fieldId} name="minimumTier" className="h-9 w-full" defaultValue={model.minimumTier ?? 'FREE'}>
              {tiers.map((tier) => (
                <option key={tier.id} value={tier.id}>
                  {tier.name}
                </option>
              ))}
            </Select>
          )}
        </Field>
        {number(
          'Input, USD a million tokens',
          'inputPriceUsd',
          setup?.inputPriceUsd ?? suggestion?.inputPriceUsd,
          'any',
        )}
        {number(
          'Output, USD a million tokens',
          'outputPriceUsd',
          setup?.outputPriceUsd ?? suggestion?.outputPriceUsd,
          'any',
        )}
        {number('Context, tokens', 'contextWindow', model.contextWindow ?? suggestion?.contextWindow, '1')}
        {number('Longest answer, tokens', 'maxOutputTokens', model.maxOutputTokens ?? suggestion?.maxOutputTokens, '1')}
      </div>
      <Field label="Fallbacks" hint="Ids of models that answer if it fails before its first word, in order">
        {(fieldId) => (
          <Input
            id={fieldId}
            name="fallbacks"
            className="h-9 font-mono text-sm"
            defaultValue={model.fallbacks?.map((one) => one.id).join(', ') ?? ''}
          />
        )}
      </Field>
      <Refusal text={refusal} />
      <div className="flex justify-end gap-2">
        {change ? (
          <Button
            variant="danger"
            disabled={acting.busy.has(id)}
            onClick={() =>
              void acting
                .act(
                  id,
                  RemoveModelDocument,
                  { id },
                  setup?.origin === 'ADMIN' ? `${model.name} is removed.` : `${model.name} is as before.`,
                )
                .then((done) => done && onSaved())
            }
          >
            {setup?.origin === 'ADMIN' ? 'Remove' : 'Take back'}
          </Button>
        ) : null}
        <Button type="submit" variant="primary" disabled={acting.busy.has(id)}>
          Save
        </Button>
      </div>
    </form>
  );
}
