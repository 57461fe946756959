import { presets as texts } from 'texts:account';
import { X } from 'lucide-react';
import { type FormEvent, type ReactNode, useId, useState } from 'react';
import type { PresetFieldsFragment } from '../graphql/generated/graphql.ts';
import { Button } from '../ui/button.tsx';
import { Input, Textarea } from '../ui/input.tsx';
import { ProviderMark } from '../ui/provider-mark.tsx';
import { Select } from '../ui/select.tsx';
import { usePresetChoices } from './preset-choices.ts';
import type { PresetActions } from './use-preset-actions.ts';

interface PresetFormProps {
  /** Null: a new one. */
  preset: PresetFieldsFragment | null;
  actions: PresetActions;
  onDone: () => void;
}

/** The fields of a preset. An empty one leaves the choice to whoever asks. */
export function PresetForm({ preset, actions, onDone }: PresetFormProps) {
  const id = useId();
  const { isAdmin } = usePresetChoices();
  const [name, setName] = useState(preset?.name ?? '');
  const [models, setModels] = useState<readonly { id: string; name: string }[]>(preset?.models ?? []);
  const [systemPrompt, setSystemPrompt] = useState(preset?.systemPrompt ?? '');
  const [prompt, setPrompt] = useState(preset?.prompt ?? '');
  const [temperature, setTemperature] = useState(textOf(preset?.temperature));
  const [topP, setTopP] = useState(textOf(preset?.topP));
  const [maxOutputTokens, setMaxOutputTokens] = useState(textOf(preset?.maxOutputTokens));
  const [shared, setShared] = useState(preset?.shared ?? false);
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  async function save(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (!name.trim()) return;
    setBusy(true);
    const refusal = await actions.save(preset?.id ?? null, {
      ...{ name, systemPrompt, prompt },
      modelIds: models.map((model) => model.id),
      temperature: numberOf(temperature),
      topP: numberOf(topP),
      maxOutputTokens: numberOf(maxOutputTokens),
      ...(isAdmin && { shared }),
    });
    setBusy(false);
    setError(refusal);
    if (refusal === null) onDone();
  }

  return (
    <form
      aria-label={preset ? texts.change({ name: preset.name }) : texts.new}
      className="flex flex-col gap-4 py-1 text-sm max-md:[&_:is(input,textarea)]:text-[16px]"
      onSubmit={(event) => void save(event)}
    >
      <Field id={`${id}-name`} label={texts.name}>
        <Input
          id={`${id}-name`}
          maxLength={100}
          autoComplete="off"
          required
          value={name}
          onChange={({ target }) => setName(target.value)}
        />
      </Field>
      <ModelsField models={models} onModels={setModels} />
      <Field id={`${id}-prompt`} label={texts.prompt} hint={texts.promptHint}>
        <Textarea id={`${id}-prompt`} rows={4} value={prompt} onChange={({ target }) => setPrompt(target.value)} />
      </Field>
      <Field id={`${id}-system`} label={texts.systemPrompt} hint={texts.systemHint}>
        <Textarea
          id={`${id}-system`}
          rows={3}
          value={systemPrompt}
          onChange={({ target }) => setSystemPrompt(target.value)}
        />
      </Field>
      <Parameters
        values={{ temperature, topP, maxOutputTokens }}
        onTemperature={setTemperature}
        onTopP={setTopP}
        onLength={setMaxOutputTokens}
      />
      {isAdmin ? (
        <label className="flex items-center gap-2">
          <input
            type="checkbox"
            className="accent-primary"
            checked={shared}
            onChange={({ target }) => setShared(target.checked)}
          />
          {texts.shareIt}
        </label>
      ) : null}
      {error ? (
        <p role="alert" className="text-destructive">
          {error}
        </p>
      ) : null}
      <div className="flex justify-end gap-2">
        <Button onClick={onDone}>{texts.cancel}</Button>
        <Button variant="primary" type="submit" disabled={busy || !name.trim()}>
          {texts.save}
        </Button>
      </div>
    </form>
  );
}

function ModelsField({
  models,
  onModels,
}: {
  models: readonly { id: string; name: string }[];
  onModels: (models: readonly { id: string; name: string }[]) => void;
}) {
  const id = useId();
  const { models: choices, limit } = usePresetChoices();
  return (
    <Field id={id} label={texts.models} hint={texts.modelsHint({ limit })}>
      <div className="flex flex-wrap items-center gap-1.5">
        {models.map((model, index) => (
          <span
            // biome-ignore lint/suspicious/noArrayIndexKey: a lane is known by its place; one model may hold several
            key={`${model.id}-${index}`}
            className="flex h-8 items-center gap-1.5 rounded-md border bg-muted pe-0.5 ps-2 in-[.touch]:max-md:h-[44px]"
          >
            <ProviderMark providerId={model.id.split('/')[0] ?? ''} />
            {model.name}
            <button
              type="button"
              aria-label={texts.remove({ name: model.name })}
              className="grid size-6 place-items-center rounded-sm text-muted-foreground hover:bg-hover hover:text-foreground in-[.touch]:max-md:size-[40px]"
              onClick={() => onModels(models.filter((_, at) => at !== index))}
            >
              <X className="size-3.5" />
            </button>
          </span>
        ))}
        {models.length < limit ? (
          <Select
            id={id}
            value=""
            onChange={({ target }) => {
              const model = choices.find((choice) => choice.id === target.value);
              if (model) onModels([...models, { id: model.id, name: model.name }]);
            }}
          >
            <option value="">{texts.addModel}</option>
            {choices.map((model) => (
              <option key={model.id} value={model.id}>
                {model.name} · {model.provider.name}
              </option>
            ))}
          </Select>
        ) : null}
      </div>
    </Field>
  );
}

function Parameters({
  values,
  onTemperature,
  onTopP,
  onLength,
}: {
  values: { temperature: string; topP: string; maxOutputTokens: string };
  onTemperature: (value: string) => void;
  onTopP: (value: string) => void;
  onLength: (value: string) => void;
}) {
  const id = useId();
  return (
    <div className="grid grid-cols-3 gap-4 max-md:grid-cols-1">
      <NumberField
        id={`${id}-temperature`}
        label={texts.temperatureField}
        value={values.temperature}
        onValue={onTemperature}
        max={2}
        step="any"
      />
      <NumberField id={`${id}-topP`} label={texts.topPField} value={values.topP} onValue={onTopP} max={1} step="any" />
      <NumberField
        id={`${id}-length`}
        label={texts.longest}
        value={values.maxOutputTokens}
        onValue={onLength}
        min={1}
        max={2_147_483_647}
        step={1}
      />
    </div>
  );
}

function NumberField({
  id,
  label,
  value,
  onValue,
  ...range
}: {
  id: string;
  label: string;
  value: string;
  onValue: (value: string) => void;
  min?: number;
  max: number;
  step: number | 'any';
}) {
  return (
    <Field id={id} label={label}>
      <Input
        id={id}
        type="number"
        className="figures"
        min={0}
        placeholder={texts.modelsDefault}
        value={value}
        onChange={({ target }) => onValue(target.value)}
        {...range}
      />
    </Field>
  );
}

function Field({ id, label, hint, children }: { id: string; label: string; hint?: string; children: ReactNode }) {
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="font-medium">
        {label}
      </label>
      {children}
      {hint ? <p className="text-xs text-muted-foreground">{hint}</p> : null}
    </div>
  );
}

function textOf(value: number | null | undefined): string {
  return value == null ? '' : String(value);
}

function numberOf(text: string): number | null {
  return text.trim() === '' || Number.isNaN(Number(text)) ? null : Number(text);
}
