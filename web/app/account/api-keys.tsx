import { Check, Copy } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { useClient } from 'urql';
import { type ApiKeysQuery, CreateApiKeyDocument, RevokeApiKeyDocument } from '../graphql/generated/graphql.ts';
import { Button } from '../ui/button.tsx';
import { useCopy } from '../ui/copy.ts';
import { Dialog, DialogClose, DialogContent, DialogDescription, DialogTitle, DialogTrigger } from '../ui/dialog.tsx';
import { Input } from '../ui/input.tsx';

type ApiKey = NonNullable<ApiKeysQuery['viewer']>['apiKeys'][number];

/** Keys for programs. A secret is shown once, when it is made. */
export function ApiKeys({ initial }: { initial: ApiKey[] }) {
  const client = useClient();
  const [keys, setKeys] = useState(initial);
  const [name, setName] = useState('');
  const [secret, setSecret] = useState<string | null>(null);
  const [error, setError] = useState<string | null>(null);

  async function create(event: FormEvent): Promise<void> {
    event.preventDefault();
    const { data, error } = await client.mutation(CreateApiKeyDocument, { name: name.trim() }).toPromise();
    if (!data) return setError(error?.graphQLErrors[0]?.message ?? 'The server could not be reached.');
    setError(null);
    setName('');
    setSecret(data.createApiKey.secret);
    setKeys((held) => [data.createApiKey.apiKey, ...held]);
  }

  async function revoke(id: string): Promise<void> {
    const { error } = await client.mutation(RevokeApiKeyDocument, { id }).toPromise();
    if (error) return setError(error.graphQLErrors[0]?.message ?? 'The server could not be reached.');
    setKeys((held) => held.filter((key) => key.id !== id));
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
          as you.
        </p>
      </div>
      <form className="flex gap-2" onSubmit={(event) => void create(event)}>
        <Input
          aria-label="Name of the key"
          placeholder="What is it for?"
          maxLength={64}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <Button type="submit" size="large" disabled={!name.trim()}>
          Create key
        </Button>
      </form>
      {error ? (
        <p role="alert" className="text-sm text-destructive">
          {error}
        </p>
      ) : null}
      {secret ? <Secret key={secret} secret={secret} /> : null}
      {keys.length > 0 ? (
        <ul className="divide-y rounded-lg border bg-card">
          {keys.map((key) => (
            <li key={key.id} className="flex items-center gap-4 py-2 pr-2 pl-4 text-sm">
              <span className="min-w-0 flex-1 truncate font-medium">{key.name}</span>
              <code className="font-mono text-xs text-muted-foreground">{key.prefix}…</code>
              <RevokeQuestion name={key.name} onRevoke={() => void revoke(key.id)} />
            </li>
          ))}
        </ul>
      ) : null}
    </section>
  );
}

function Secret({ secret }: { secret: string }) {
  const [copied, copy] = useCopy();
  return (
    <div role="status" className="flex flex-col gap-2 rounded-lg bg-primary-soft px-4 py-3 text-sm">
      <p>Keep it now: it is not shown again.</p>
      <div className="flex items-center gap-2">
        <code className="min-w-0 flex-1 font-mono wrap-anywhere">{secret}</code>
        <Button autoFocus size="small" onClick={() => copy(secret)}>
          {copied ? <Check /> : <Copy />} {copied ? 'Copied' : 'Copy'}
        </Button>
      </div>
    </div>
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
        <DialogTitle>Revoke “{name}”?</DialogTitle>
        <DialogDescription className="mt-1 text-muted-foreground">
          Programs that use it are refused from now on. This cannot be undone.
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
