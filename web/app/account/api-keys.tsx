import { useState } from 'react';
import { useClient } from 'urql';
import { type ApiKeyFieldsFragment, type ApiKeyScope, RevokeApiKeyDocument } from '../graphql/generated/graphql.ts';
import { Button } from '../ui/button.tsx';
import { Dialog, DialogClose, DialogContent, DialogDescription, DialogTitle, DialogTrigger } from '../ui/dialog.tsx';
import { Time } from '../ui/time.tsx';
import { ApiKeyForm } from './api-key-form.tsx';

interface ApiKeysProps {
  keys: ApiKeyFieldsFragment[];
  onChange: (change: (keys: ApiKeyFieldsFragment[]) => ApiKeyFieldsFragment[]) => void;
  /** Whether the member is an admin. Only an admin's keys can administer the server. */
  isAdmin: boolean;
}

/** The member's API keys. A key's secret is shown once, when the key is created. */
export function ApiKeys({ keys, onChange, isAdmin }: ApiKeysProps) {
  const client = useClient();
  const [error, setError] = useState<string | null>(null);

  async function revoke(id: string): Promise<void> {
    const { error } = await client.mutation(RevokeApiKeyDocument, { id }).toPromise();
    setError(error ? (error.graphQLErrors[0]?.message ?? 'The server could not be reached. Try again.') : null);
    if (!error) onChange((held) => held.filter((key) => key.id !== id));
  }

  return (
    <section aria-labelledby="api-keys" className="flex flex-col gap-4">
      <div>
        <h2 id="api-keys" className="text-lg font-semibold">
          API keys
        </h2>
        <p className="text-sm text-muted-foreground">
          For programs that use the{' '}
          <a className="text-primary underline underline-offset-3" href="/graphql">
            GraphQL API
          </a>{' '}
          as you. Give each program its own key, and no more rights than it needs.
        </p>
      </div>
      <ApiKeyForm isAdmin={isAdmin} onCreated={(key) => onChange((held) => [key, ...held])} />
      {error ? (
        <p role="alert" className="text-sm text-destructive">
          {error}
        </p>
      ) : null}
      {keys.length > 0 ? (
        <ul aria-label="Your API keys" className="divide-y rounded-lg border bg-card">
          {keys.map((key) => (
            <ApiKey key={key.id} apiKey={key} onRevoke={() => void revoke(key.id)} />
          ))}
        </ul>
      ) : null}
    </section>
  );
}

const scopeNames: Record<ApiKeyScope, string> = { READ: 'Read', PROMPT: 'Ask', ADMIN: 'Administer' };

function ApiKey({ apiKey, onRevoke }: { apiKey: ApiKeyFieldsFragment; onRevoke: () => void }) {
  const { name, prefix, scopes, expiresAt, createdAt, lastUsedAt } = apiKey;
  const expired = expiresAt !== null && new Date(expiresAt).getTime() <= Date.now();
  return (
    <li className="flex items-start gap-4 py-3 pr-2 pl-4 text-sm">
      <div className="flex min-w-0 flex-1 flex-col gap-1">
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <bdi className="min-w-0 truncate font-medium">{name}</bdi>
          <code className="font-mono text-xs text-muted-foreground">{prefix}…</code>
          {scopes.map((scope) => (
            <span
              key={scope}
              className={`rounded-sm px-1.5 text-xs ${scope === 'ADMIN' ? 'bg-warning-soft text-warning' : 'bg-muted text-muted-foreground'}`}
            >
              {scopeNames[scope]}
            </span>
          ))}
        </p>
        <p className="text-xs text-muted-foreground">
          {expired ? (
            <span className="text-destructive">
              ■ expired <Time at={expiresAt} />
            </span>
          ) : expiresAt ? (
            <>
              expires <Time at={expiresAt} />
            </>
          ) : (
            'does not expire'
          )}{' '}
          ·{' '}
          {lastUsedAt ? (
            <>
              last used <Time at={lastUsedAt} />
            </>
          ) : (
            'never used'
          )}{' '}
          <span className="max-md:hidden">
            · created <Time at={createdAt} />
          </span>
        </p>
      </div>
      <RevokeQuestion name={name} onRevoke={onRevoke} />
    </li>
  );
}

function RevokeQuestion({ name, onRevoke }: { name: string; onRevoke: () => void }) {
  return (
    <Dialog>
      <DialogTrigger asChild>
        <Button size="small" variant="danger">
          Revoke
        </Button>
      </DialogTrigger>
      <DialogContent>
        <DialogTitle>
          Revoke “<bdi>{name}</bdi>”?
        </DialogTitle>
        <DialogDescription className="mt-1 text-muted-foreground">
          Programs that use this key stop working. This cannot be undone.
        </DialogDescription>
        <div className="mt-6 flex justify-end gap-2">
          <DialogClose asChild>
            <Button>Keep it</Button>
          </DialogClose>
          <DialogClose asChild>
            <Button variant="danger" onClick={onRevoke}>
              Revoke
            </Button>
          </DialogClose>
        </div>
      </DialogContent>
    </Dialog>
  );
}
