import { network } from 'texts:everywhere';
import { presets as texts } from 'texts:tools';
import { type FormEvent, useId, useState } from 'react';
import { useClient } from 'urql';
import { CreatePresetDocument } from '../../../graphql/generated/graphql.ts';
import { errorWords } from '../../../graphql/refusal.ts';
import { Button } from '../../../ui/button.tsx';
import { Dialog, DialogClose, DialogContent, DialogDescription, DialogTitle } from '../../../ui/dialog.tsx';
import { Input } from '../../../ui/input.tsx';
import { useToast } from '../../../ui/toast.tsx';
import type { Asking } from '../../turns/asking.ts';
import type { AppliedPreset } from './applied-preset.ts';
import { usePresetStore } from './preset-store.ts';

interface SaveFormProps {
  asking: Asking;
  /** The names of the models that are asked. */
  modelNames: readonly string[];
  /** The text in the composer, which can be saved with them. */
  draft: string;
  onSaved: (applied: AppliedPreset) => void;
  onClose: () => void;
  /** Gives the focus back when the form is gone. */
  onClosed: () => void;
}

/** Saves the models and settings of the next prompt under a name. */
export default function SaveForm({ asking, modelNames, draft, onSaved, onClose, onClosed }: SaveFormProps) {
  const id = useId();
  const client = useClient();
  const store = usePresetStore();
  const toast = useToast();
  const [name, setName] = useState('');
  const [withPrompt, setWithPrompt] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const { modelIds, systemPrompt, parameters, blind } = asking;

  const hasParameters = Object.values(parameters).some((value) => value != null);
  const holds = systemPrompt ? (hasParameters ? 'both' : 'systemPrompt') : hasParameters ? 'parameters' : 'models';

  async function save(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (!name.trim()) return;
    const { temperature, topP, maxOutputTokens } = parameters;
    const input = {
      ...{ name, modelIds, systemPrompt, temperature, topP, maxOutputTokens },
      ...(withPrompt && { prompt: draft }),
    };
    const { data, error } = await client.mutation(CreatePresetDocument, { input }).toPromise();
    if (!data) return setError(errorWords(error) ?? network.unreachable);
    void store.load();
    const settings = { modelIds, blind, systemPrompt, parameters };
    const preset = data.createPreset;
    onSaved({ id: preset.id, name: preset.name, changeable: true, set: settings, before: settings, left: [] });
    toast({ text: texts.saved({ name: preset.name }) });
  }

  return (
    <Dialog open onOpenChange={(open) => !open && onClose()}>
      <DialogContent
        onCloseAutoFocus={(event) => {
          event.preventDefault();
          onClosed();
        }}
      >
        <DialogTitle>{texts.saveTitle}</DialogTitle>
        <DialogDescription className="mt-1 text-sm text-muted-foreground">
          {texts.saveMeaning({ models: modelNames.length > 0 ? modelNames.join(', ') : texts.noModels, holds })}
        </DialogDescription>
        <form className="mt-4 flex flex-col gap-4" onSubmit={(event) => void save(event)}>
          <div className="flex flex-col gap-1">
            <label htmlFor={id} className="text-sm font-medium">
              {texts.name}
            </label>
            <Input
              id={id}
              maxLength={100}
              autoComplete="off"
              aria-invalid={error !== null}
              aria-describedby={error ? `${id}-error` : undefined}
              className="max-md:text-[16px]"
              value={name}
              onChange={({ target }) => setName(target.value)}
            />
            {error ? (
              <p id={`${id}-error`} role="alert" className="text-sm text-destructive">
                {error}
              </p>
            ) : null}
          </div>
          {draft.trim() ? (
            <label className="flex items-start gap-2 text-sm">
              <input
                type="checkbox"
                className="mt-1 accent-primary"
                checked={withPrompt}
                onChange={({ target }) => setWithPrompt(target.checked)}
              />
              <span className="min-w-0">
                {texts.withPrompt}
                <span className="line-clamp-2 text-muted-foreground">{draft}</span>
              </span>
            </label>
          ) : null}
          <div className="flex justify-end gap-2">
            <DialogClose asChild>
              <Button>{texts.cancel}</Button>
            </DialogClose>
            <Button variant="primary" type="submit" disabled={!name.trim()}>
              {texts.save}
            </Button>
          </div>
        </form>
      </DialogContent>
    </Dialog>
  );
}
