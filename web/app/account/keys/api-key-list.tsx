import { keys as texts } from 'texts:account';
import { connection } from 'texts:everywhere';
import { useState } from 'react';
import { useClient } from 'urql';
import { type ApiKeyFieldsFragment, type ApiKeyScope, RevokeApiKeyDocument } from '../../graphql/generated/graphql.ts';
import { errorWords } from '../../graphql/refusal.ts';
import { figuresLocale } from '../../languages/locale.ts';
import { sentence } from '../../languages/sentence.tsx';
import { Button } from '../../ui/button.tsx';
import { Dialog, DialogClose, DialogContent, DialogDescription, DialogTitle, DialogTrigger } from '../../ui/dialog.tsx';
import { Time } from '../../ui/time.tsx';
import { KeySpending } from './key-spending.tsx';

interface ApiKeyListProps {
  keys: ApiKeyFieldsFragment[];
  onRevoked: (id: string) => void;
}

/** The member's API keys, each with what it may do and what it has spent. */
export function ApiKeyList({ keys, onRevoked }: ApiKeyListProps) {
  const client = useClient();
  const [error, setError] = useState<string | null>(null);

  async function revoke(id: string): Promise<void> {
    const { error } = await client.mutation(RevokeApiKeyDocument, { id }).toPromise();
    setError(error ? (errorWords(error) ?? connection.unreached) : null);
    if (!error) onRevoked(id);
  }

  return (
    <section aria-labelledby="api-keys" className="flex flex-col gap-4">
      <h2 id="api-keys" className="text-lg font-semibold">
        {texts.yours}
      </h2>
      {error ? (
        <p role="alert" className="text-sm text-destructive">
          {error}
        </p>
      ) : null}
      {keys.length > 0 ? (
        <ul aria-label={texts.yourApiKeys} className="divide-y rounded-lg border bg-card">
          {keys.map((key) => (
            <ApiKey key={key.id} apiKey={key} onRevoke={() => void revoke(key.id)} />
          ))}
        </ul>
      ) : (
        <p className="rounded-lg border border-dashed px-6 py-8 text-center text-sm text-muted-foreground">
          {texts.none}
        </p>
      )}
    </section>
  );
}

const scopeNames: Record<ApiKeyScope, string> = { READ: texts.read, PROMPT: texts.ask, ADMIN: texts.administer };

function ApiKey({ apiKey, onRevoke }: { apiKey: ApiKeyFieldsFragment; onRevoke: () => void }) {
  const { name, prefix, scopes, models, monthlyCredits, spentThisMonth } = apiKey;
  return (
    <li className="grid grid-cols-[minmax(0,1fr)_13rem_auto] items-start gap-x-6 gap-y-2 py-3 pe-2 ps-4 text-sm max-md:grid-cols-[minmax(0,1fr)_auto] max-md:gap-x-3">
      <div className="flex min-w-0 flex-col gap-1">
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <bdi className="max-w-full min-w-0 truncate font-medium">{name}</bdi>
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
        <Models models={models} />
        <Dates apiKey={apiKey} />
      </div>
      <KeySpending spent={spentThisMonth} limit={monthlyCredits} className="max-md:col-span-2 max-md:row-start-2" />
      <RevokeQuestion name={name} onRevoke={onRevoke} />
    </li>
  );
}

const modelsShown = 3;
const list = new Intl.ListFormat(figuresLocale, { type: 'unit' });

function Models({ models }: Pick<ApiKeyFieldsFragment, 'models'>) {
  if (models === null) return <p className="text-xs text-muted-foreground">{texts.allModels}</p>;
  const names = models.map((model) => model.name);
  const more = names.length - modelsShown;
  const shown = list.format(names.slice(0, modelsShown));
  return (
    <p className="text-xs text-muted-foreground" title={list.format(names)}>
      {more > 0 ? texts.onlyModelsMore({ names: shown, more }) : texts.onlyModels({ names: shown })}
    </p>
  );
}

function Dates({ apiKey: { expiresAt, createdAt, lastUsedAt } }: { apiKey: ApiKeyFieldsFragment }) {
  const expired = expiresAt !== null && new Date(expiresAt).getTime() <= Date.now();
  return (
    <p className="text-xs text-muted-foreground">
      {expired ? (
        <span className="text-destructive">{sentence(texts.expired, { time: <Time at={expiresAt} /> })}</span>
      ) : expiresAt ? (
        sentence(texts.expires, { time: <Time at={expiresAt} /> })
      ) : (
        texts.neverExpires
      )}{' '}
      · {lastUsedAt ? sentence(texts.lastUsed, { time: <Time at={lastUsedAt} /> }) : texts.neverUsed}{' '}
      <span className="max-md:hidden">· {sentence(texts.created, { time: <Time at={createdAt} /> })}</span>
    </p>
  );
}

function RevokeQuestion({ name, onRevoke }: { name: string; onRevoke: () => void }) {
  return (
    <Dialog>
      <DialogTrigger asChild>
        <Button size="small" variant="danger">
          {texts.revoke}
        </Button>
      </DialogTrigger>
      <DialogContent>
        <DialogTitle>{sentence(texts.revokeQuestion, { name: <bdi>{name}</bdi> })}</DialogTitle>
        <DialogDescription className="mt-1 text-muted-foreground">{texts.revokeWarning}</DialogDescription>
        <div className="mt-6 flex justify-end gap-2">
          <DialogClose asChild>
            <Button>{texts.keepIt}</Button>
          </DialogClose>
          <DialogClose asChild>
            <Button variant="danger" onClick={onRevoke}>
              {texts.revoke}
            </Button>
          </DialogClose>
        </div>
      </DialogContent>
    </Dialog>
  );
}
