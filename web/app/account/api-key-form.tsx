import { Check, Copy } from 'lucide-react';
import { type FormEvent, useId, useState } from 'react';
import { useClient } from 'urql';
import { type ApiKeyFieldsFragment, type ApiKeyScope, CreateApiKeyDocument } from '../graphql/generated/graphql.ts';
import { useCopy } from '../ui/browser/copy.ts';
import { Button } from '../ui/button.tsx';
import { classes } from '../ui/classes.ts';
import { Input } from '../ui/input.tsx';
import { Select } from '../ui/select.tsx';

interface ApiKeyFormProps {
  isAdmin: boolean;
  onCreated: (key: ApiKeyFieldsFragment) => void;
}

const lifetimes = [
  { days: null, label: 'Never' },
  { days: 7, label: 'In a week' },
  { days: 30, label: 'In 30 days' },
  { days: 90, label: 'In 90 days' },
  { days: 365, label: 'In a year' },
];

/** Creates a key with its scopes and its expiry, and shows its secret. */
export function ApiKeyForm({ isAdmin, onCreated }: ApiKeyFormProps) {
  const client = useClient();
  const expiryId = useId();
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<readonly ApiKeyScope[]>(['READ', 'PROMPT']);
  const [days, setDays] = useState<number | null>(null);
  const [secret, setSecret] = useState<string | null>(null);
  const [error, setError] = useState<string | null>(null);

  async function create(event: FormEvent): Promise<void> {
    event.preventDefault();
    const expiresAt = days === null ? null : new Date(Date.now() + days * 86_400_000).toISOString();
    const key = { name: name.trim(), scopes: [...scopes], expiresAt };
    const { data, error } = await client.mutation(CreateApiKeyDocument, key).toPromise();
    if (!data) return setError(error?.graphQLErrors[0]?.message ?? 'The server could not be reached. Try again.');
    setError(null);
    setName('');
    setSecret(data.createApiKey.secret);
    onCreated(data.createApiKey.apiKey);
  }

  return (
    <>
      <form className="flex flex-col gap-4" onSubmit={(event) => void create(event)}>
        <Input
          aria-label="Name of the key"
          placeholder="What is it for?"
          maxLength={64}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <ScopeChoice scopes={scopes} onChange={setScopes} isAdmin={isAdmin} />
        <div className="flex flex-wrap items-center justify-between gap-3">
          <span className="flex items-center gap-2 text-sm">
            <label htmlFor={expiryId}>Expires</label>
            <Select
              id={expiryId}
              value={days ?? ''}
              onChange={(event) => setDays(event.target.value === '' ? null : Number(event.target.value))}
            >
              {lifetimes.map((lifetime) => (
                <option key={lifetime.label} value={lifetime.days ?? ''}>
                  {lifetime.label}
                </option>
              ))}
            </Select>
          </span>
          <Button type="submit" size="large" disabled={!name.trim() || scopes.length === 0}>
            Create key
          </Button>
        </div>
      </form>
      {error ? (
        <p role="alert" className="text-sm text-destructive">
          {error}
        </p>
      ) : null}
      {secret ? <Secret key={secret} secret={secret} /> : null}
    </>
  );
}

interface ScopeChoiceProps {
  scopes: readonly ApiKeyScope[];
  onChange: (scopes: readonly ApiKeyScope[]) => void;
  isAdmin: boolean;
}

function ScopeChoice({ scopes, onChange, isAdmin }: ScopeChoiceProps) {
  const choices: { scope: ApiKeyScope; label: string; text: string }[] = [
    { scope: 'READ', label: 'Read', text: 'Conversations, credits and usage.' },
    { scope: 'PROMPT', label: 'Ask', text: 'Send prompts, which spends credits, and keep conversations.' },
    {
      scope: 'ADMIN',
      label: 'Administer',
      text: isAdmin
        ? 'Do everything that you can do as an admin, and change your keys and plan. Only for programs that you fully trust.'
        : 'Create and revoke keys, and change your plan. Only for programs that you fully trust.',
    },
  ];
  const toggle = (scope: ApiKeyScope) =>
    onChange(scopes.includes(scope) ? scopes.filter((held) => held !== scope) : [...scopes, scope]);
  return (
    <fieldset>
      <legend className="mb-2 text-sm">What it may do</legend>
      <div className="grid grid-cols-3 gap-2 max-md:grid-cols-1">
        {choices.map(({ scope, label, text }) => (
          <label
            key={scope}
            className={classes(
              'flex cursor-pointer items-start gap-3 rounded-md border px-3 py-2 text-sm has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-ring',
              scopes.includes(scope) ? 'border-primary bg-primary-soft' : 'border-input bg-card hover:bg-hover',
            )}
          >
            <input
              type="checkbox"
              className="mt-0.5 size-4 shrink-0 cursor-pointer accent-primary outline-none"
              checked={scopes.includes(scope)}
              onChange={() => toggle(scope)}
            />
            <span>
              <span className="font-medium">{label}</span>
              <span className="block text-xs text-muted-foreground">{text}</span>
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function Secret({ secret }: { secret: string }) {
  const [copied, copy] = useCopy();
  return (
    <div role="status" className="flex flex-col gap-2 rounded-lg bg-primary-soft px-4 py-3 text-sm">
      <p>Copy this key now: it will not be shown again.</p>
      <div className="flex items-center gap-2">
        <code className="min-w-0 flex-1 font-mono wrap-anywhere">{secret}</code>
        <Button autoFocus size="small" onClick={() => copy(secret)}>
          {copied ? <Check /> : <Copy />} {copied ? 'Copied' : 'Copy'}
        </Button>
      </div>
    </div>
  );
}
