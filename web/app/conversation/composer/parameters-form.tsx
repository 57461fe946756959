import { asking as texts } from 'texts:chat';
import { lazy, type ReactNode, Suspense, useId } from 'react';
import { formatCount } from '../../ui/figures.ts';
import { Input, Textarea } from '../../ui/input.tsx';
import type { Asking } from '../turns/asking.ts';

const ToolsField = lazy(() => import('./tools/tools-field.tsx'));

/** The fields for temperature, longest answer and system prompt. An empty field leaves the choice to the model. */
export function ParametersForm({
  asking,
  onAsking,
  maxOutputTokens,
}: {
  asking: Asking;
  onAsking: (asking: Asking) => void;
  maxOutputTokens: number;
}) {
  const id = useId();
  const { parameters } = asking;
  const set = (change: Asking['parameters']) => onAsking({ ...asking, parameters: { ...parameters, ...change } });
  return (
    <div className="flex flex-col gap-4 text-sm">
      <div className="grid grid-cols-2 gap-4">
        <Field id={`${id}-temperature`} label={texts.temperature} hint={texts.temperatureHint}>
          <Input
            id={`${id}-temperature`}
            className="figures h-9 max-md:h-[44px]"
            type="number"
            inputMode="decimal"
            min={0}
            max={2}
            step={0.1}
            placeholder={texts.modelDefault}
            value={parameters.temperature ?? ''}
            onChange={(event) => set({ temperature: numberWithin(event.target.value, 0, 2) })}
          />
        </Field>
        <Field
          id={`${id}-length`}
          label={texts.longestAnswer}
          hint={texts.tokensUpTo({ most: formatCount(maxOutputTokens) })}
        >
          <Input
            id={`${id}-length`}
            className="figures h-9 max-md:h-[44px]"
            type="number"
            inputMode="numeric"
            min={1}
            max={maxOutputTokens}
            placeholder={String(maxOutputTokens)}
            value={parameters.maxOutputTokens ?? ''}
            onChange={(event) => {
              const value = numberWithin(event.target.value, 1, maxOutputTokens);
              set({ maxOutputTokens: value === null ? null : Math.round(value) });
            }}
          />
        </Field>
      </div>
      <Field id={`${id}-system`} label={texts.systemPrompt} hint={texts.systemPromptHint}>
        <Textarea
          id={`${id}-system`}
          rows={4}
          placeholder={texts.systemPromptExample}
          value={asking.systemPrompt}
          onChange={(event) => onAsking({ ...asking, systemPrompt: event.target.value })}
        />
      </Field>
      <Suspense fallback={null}>
        <ToolsField asking={asking} onAsking={onAsking} />
      </Suspense>
    </div>
  );
}

function Field({ id, label, hint, children }: { id: string; label: string; hint: string; children: ReactNode }) {
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="font-medium">
        {label}
      </label>
      {children}
      <p className="text-xs text-muted-foreground">{hint}</p>
    </div>
  );
}

function numberWithin(text: string, least: number, most: number): number | null {
  const value = Number(text);
  return text === '' || Number.isNaN(value) ? null : Math.min(most, Math.max(least, value));
}

/** Whether anything is set that is the model's choice otherwise. */
export function isChanged({
  systemPrompt,
  parameters,
  agent,
}: Pick<Asking, 'systemPrompt' | 'parameters' | 'agent'>): boolean {
  return agent !== undefined || systemPrompt !== '' || Object.values(parameters).some((value) => value != null);
}
