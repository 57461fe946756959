import { keys as texts } from 'texts:account';
import { connection } from 'texts:everywhere';
import { type FormEvent, useId, useState } from 'react';
import { useClient } from 'urql';
import {
  type ApiKeyScope,
  CreateApiKeyDocument,
  type CreateApiKeyMutation,
  type ModelChoiceFragment,
} from '../../graphql/generated/graphql.ts';
import { errorWords } from '../../graphql/refusal.ts';
import { Button } from '../../ui/button.tsx';
import { toCount } from '../../ui/figures.ts';
import { Input } from '../../ui/input.tsx';
import { Select } from '../../ui/select.tsx';
import { ModelChoice } from './model-choice.tsx';
import { ScopeChoice } from './scope-choice.tsx';

export type CreatedKey = CreateApiKeyMutation['createApiKey'];

interface ApiKeyFormProps {
  models: readonly ModelChoiceFragment[];
  isAdmin: boolean;
  onCreated: (created: CreatedKey) => void;
}

const lifetimes = [
  { days: null, label: texts.never },
  { days: 7, label: texts.inAWeek },
  { days: 30, label: texts.inDays({ days: 30 }) },
  { days: 90, label: texts.inDays({ days: 90 }) },
  { days: 365, label: texts.inAYear },
];

/** Creates a key with its scopes, its expiry and its limits. */
export function ApiKeyForm({ models, isAdmin, onCreated }: ApiKeyFormProps) {
  const client = useClient();
  const id = useId();
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<readonly ApiKeyScope[]>(['READ', 'PROMPT']);
  const [days, setDays] = useState<number | null>(null);
  const [limit, setLimit] = useState('');
  const [modelIds, setModelIds] = useState<readonly string[] | null>(null);
  const [error, setError] = useState<string | null>(null);
  const monthlyCredits = toCount(limit);
  const isLimitWrong = limit.trim() !== '' && (monthlyCredits === null || monthlyCredits < 0);
  const isComplete = name.trim() !== '' && scopes.length > 0 && !isLimitWrong && modelIds?.length !== 0;

  async function create(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (!isComplete) return;
    const expiresAt = days === null ? null : new Date(Date.now() + days * 86_400_000).toISOString();
    const limits = { monthlyCredits, modelIds: modelIds && [...modelIds] };
    const key = { name: name.trim(), scopes: [...scopes], expiresAt, ...limits };
    const { data, error } = await client.mutation(CreateApiKeyDocument, key).toPromise();
    if (!data) return setError(errorWords(error) ?? connection.unreached);
    setError(null);
    setName('');
    onCreated(data.createApiKey);
  }

  return (
    <form className="flex flex-col gap-5" onSubmit={(event) => void create(event)}>
      <div className="grid grid-cols-[minmax(0,1fr)_12rem_auto] items-start gap-x-4 gap-y-5 max-md:grid-cols-2">
        <div className="flex flex-col gap-1 max-md:col-span-2">
          <label htmlFor={`${id}-name`} className="text-sm font-medium">
            {texts.name}
          </label>
          <Input
            id={`${id}-name`}
            placeholder={texts.whatFor}
            maxLength={64}
            autoComplete="off"
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        </div>
        <div className="flex flex-col gap-1">
          <label htmlFor={`${id}-limit`} className="text-sm font-medium">
            {texts.creditsAMonth}
          </label>
          <Input
            id={`${id}-limit`}
            inputMode="numeric"
            autoComplete="off"
            placeholder={texts.noLimit}
            className="figures"
            aria-invalid={isLimitWrong}
            aria-describedby={`${id}-limit-note`}
            value={limit}
            onChange={(event) => setLimit(event.target.value)}
          />
          <p
            id={`${id}-limit-note`}
            className={isLimitWrong ? 'text-xs text-destructive' : 'text-xs text-muted-foreground'}
          >
            {isLimitWrong ? texts.wholeNumber({ example: 50_000 }) : texts.mayCost}
          </p>
        </div>
        <div className="flex flex-col gap-1">
          <label htmlFor={`${id}-expiry`} className="text-sm font-medium">
            {texts.expiry}
          </label>
          <Select
            id={`${id}-expiry`}
            className="h-10 w-full"
            value={days ?? ''}
            onChange={(event) => setDays(event.target.value === '' ? null : Number(event.target.value))}
          >
            {lifetimes.map((lifetime) => (
              <option key={lifetime.label} value={lifetime.days ?? ''}>
                {lifetime.label}
              </option>
            ))}
          </Select>
        </div>
      </div>
      <ScopeChoice scopes={scopes} onChange={setScopes} isAdmin={isAdmin} />
      <ModelChoice models={models} chosen={modelIds} onChange={setModelIds} />
      {error ? (
        <p role="alert" className="text-sm text-destructive">
          {error}
        </p>
      ) : null}
      <Button type="submit" size="large" variant="primary" className="self-start" disabled={!isComplete}>
        {texts.create}
      </Button>
    </form>
  );
}
