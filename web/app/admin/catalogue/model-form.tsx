import { modelForm as texts } from 'texts:admin';
import { type FormEvent, useState } from 'react';
import {
  type AdminModelsQuery,
  type MediaKind,
  RemoveModelDocument,
  SetModelDocument,
} from '../../graphql/generated/graphql.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog, DialogContent, DialogDescription, DialogTitle } from '../../ui/dialog.tsx';
import { Input } from '../../ui/input.tsx';
import { Select } from '../../ui/select.tsx';
import type { Acting } from '../acting.ts';
import { Field, Refusal } from './field.tsx';
import {
  type FormModel,
  type FormPrices,
  modelInputOf,
  shownFallbacks,
  shownMedia,
  shownPrices,
} from './model-input.ts';

interface ModelFormProps {
  model: FormModel;
  tiers: AdminModelsQuery['tiers'];
  acting: Acting;
  onSaved?: () => void;
}

/** A button that opens a dialog, in which an admin adds a model or changes one. */
export function ModelForm({ model, tiers, acting, onSaved }: ModelFormProps) {
  const [open, setOpen] = useState(false);
  const { name } = model;
  const isKnown = model.setup != null;
  return (
    <>
      <Button
        size="small"
        aria-label={isKnown ? texts.changeOf({ name }) : texts.addOf({ name })}
        onClick={() => setOpen(true)}
      >
        {isKnown ? texts.change : texts.add}
      </Button>
      <Dialog open={open} onOpenChange={setOpen}>
        <DialogContent className="max-h-[90vh] overflow-y-auto">
          <DialogTitle>{isKnown ? name : texts.addOf({ name })}</DialogTitle>
          <DialogDescription className="mt-1 text-sm text-muted-foreground">
            {isKnown ? texts.runningKeep : texts.filledIn}
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

function Fields({ model, tiers, acting, onSaved }: ModelFormProps & { onSaved: () => void }) {
  const { id, setup, suggestion } = model;
  const change = setup?.change;
  const refusal = acting.refusals.get(id);

  async function save(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const input = modelInputOf(
      model,
      (field) => String(form.get(field) ?? '').trim(),
      form.getAll('accepts') as MediaKind[],
    );
    if (await acting.act(id, SetModelDocument, { input }, texts.stored({ name: model.name }))) onSaved();
  }

  const prices = shownPrices(model);
  return (
    <form className="mt-4 flex flex-col gap-4" autoComplete="off" onSubmit={(event) => void save(event)}>
      <div className="grid grid-cols-2 gap-4 max-md:grid-cols-1">
        <Field label={texts.name}>
          {(fieldId) => (
            <Input id={fieldId} name="name" required maxLength={100} className="h-9" defaultValue={model.name} />
          )}
        </Field>
        <Field label={texts.fromPlan}>
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
        {priceFields.map(({ name, label, hint }) => (
          <NumberField
            key={name}
            name={name}
            label={label}
            hint={hint}
            value={prices?.[name]}
            step="any"
            required={!setup && !hint}
          />
        ))}
        <NumberField
          name="contextWindow"
          label={texts.context}
          value={model.contextWindow ?? suggestion?.contextWindow}
          step="1"
          required={!setup}
        />
        <NumberField
          name="maxOutputTokens"
          label={texts.longest}
          value={model.maxOutputTokens ?? suggestion?.maxOutputTokens}
          step="1"
          required={!setup}
        />
      </div>
      <Field label={texts.fallbacks} hint={texts.fallbacksHint}>
        {(fieldId) => (
          <Input id={fieldId} name="fallbacks" className="h-9 font-mono text-sm" defaultValue={shownFallbacks(model)} />
        )}
      </Field>
      <MediaField shown={shownMedia(model)} />
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
                  setup?.origin === 'ADMIN'
                    ? texts.removed({ name: model.name })
                    : texts.asBefore({ name: model.name }),
                )
                .then((done) => done && onSaved())
            }
          >
            {setup?.origin === 'ADMIN' ? texts.remove : texts.takeBack}
          </Button>
        ) : null}
        <Button type="submit" variant="primary" disabled={acting.busy.has(id)}>
          {texts.save}
        </Button>
      </div>
    </form>
  );
}

const priceFields: { name: keyof FormPrices; label: string; hint?: string }[] = [
  { name: 'inputPriceUsd', label: texts.inputPrice },
  { name: 'outputPriceUsd', label: texts.outputPrice },
  { name: 'cachedInputPriceUsd', label: texts.cachedPrice, hint: texts.asInput },
  { name: 'cacheWriteInputPriceUsd', label: texts.cacheWritePrice, hint: texts.asInput },
];

const mediaNames: [MediaKind, string][] = [
  ['IMAGE', texts.images],
  ['PDF', texts.pdfs],
  ['AUDIO', texts.recordings],
];

/** What the model takes in beside text. */
function MediaField({ shown }: { shown: readonly MediaKind[] }) {
  return (
    <fieldset className="flex flex-col gap-1">
      <legend className="mb-1 text-sm font-medium">{texts.takesIn}</legend>
      <div className="flex flex-wrap gap-x-5 gap-y-2">
        {mediaNames.map(([kind, name]) => (
          <label key={kind} className="flex items-center gap-2 text-sm">
            <input
              type="checkbox"
              name="accepts"
              value={kind}
              defaultChecked={shown.includes(kind)}
              className="size-4 accent-primary"
            />
            {name}
          </label>
        ))}
      </div>
      <p className="text-xs text-muted-foreground">{texts.otherFiles}</p>
    </fieldset>
  );
}

interface NumberFieldProps {
  name: string;
  label: string;
  hint?: string | undefined;
  value: number | null | undefined;
  step: 'any' | '1';
  required: boolean;
}

function NumberField({ name, label, hint, value, step, required }: NumberFieldProps) {
  return (
    <Field label={label} hint={hint}>
      {(id) => (
        <Input
          id={id}
          name={name}
          type="number"
          min={0}
          step={step}
          required={required}
          className="figures h-9"
          defaultValue={value ?? ''}
        />
      )}
    </Field>
  );
}
