import { providerModels as texts } from 'texts:admin';
import { useState } from 'react';
import { useClient } from 'urql';
import {
  type AdminProvidersQuery,
  MarkModelsSeenDocument,
  type ProviderFieldsFragment,
  ProviderModelsDocument,
  type ProviderModelsQuery,
} from '../../graphql/generated/graphql.ts';
import { figuresLocale } from '../../languages/locale.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog, DialogContent, DialogDescription, DialogTitle } from '../../ui/dialog.tsx';
import { Input } from '../../ui/input.tsx';
import type { Acting } from '../acting.ts';
import { ModelForm } from './model-form.tsx';

type Seen = NonNullable<ProviderModelsQuery['providerModels']>;

/** How many models are shown at once; the search finds the others. */
const SHOWN_MAX = 50;

/** Prices in full, as providers name them. */
const usd = new Intl.NumberFormat(figuresLocale, {
  style: 'currency',
  currency: 'USD',
  currencyDisplay: 'narrowSymbol',
  minimumFractionDigits: 0,
  maximumFractionDigits: 8,
});

interface ProviderModelsProps {
  provider: ProviderFieldsFragment;
  tiers: AdminProvidersQuery['tiers'];
  acting: Acting;
}

/** The provider's own list of models, from which an admin adds to the catalogue. */
export function ProviderModels({ provider: { id, name }, tiers, acting }: ProviderModelsProps) {
  const client = useClient();
  const [open, setOpen] = useState(false);
  const [seen, setSeen] = useState<Seen | 'loading' | null>(null);
  const [search, setSearch] = useState('');

  async function load(): Promise<void> {
    // A list that is shown stays until the new one is there.
    setSeen((known) => (Array.isArray(known) ? known : 'loading'));
    const { data } = await client.query(ProviderModelsDocument, { id }, { requestPolicy: 'network-only' }).toPromise();
    setSeen(data?.providerModels ?? null);
  }

  async function markSeen(): Promise<void> {
    if (await acting.act(id, MarkModelsSeenDocument, { id }, texts.noneNew({ name }))) await load();
  }

  const all = Array.isArray(seen) ? seen : [];
  const newCount = all.filter(isOfInterest).length;
  const listed = all
    .filter((one) => one.name.toLowerCase().includes(search.trim().toLowerCase()))
    .toSorted((one, other) => Number(isOfInterest(other)) - Number(isOfInterest(one)));
  return (
    <>
      <Button
        size="small"
        aria-label={texts.modelsOf({ name })}
        onClick={() => {
          setOpen(true);
          void load();
        }}
      >
        {texts.models}
      </Button>
      <Dialog open={open} onOpenChange={setOpen}>
        <DialogContent className="flex max-h-[90vh] flex-col gap-4 overflow-y-auto">
          <div>
            <DialogTitle>{texts.modelsOf({ name })}</DialogTitle>
            <DialogDescription className="mt-1 text-sm text-muted-foreground">
              {seen === 'loading' ? texts.loading : seen === null ? texts.noList : texts.ownList}
            </DialogDescription>
          </div>
          {newCount > 0 ? (
            <div className="flex items-center justify-between gap-3">
              <p className="text-sm">{texts.newModels({ count: newCount })}</p>
              <Button size="small" disabled={acting.busy.has(id)} onClick={() => void markSeen()}>
                {texts.markSeen}
              </Button>
            </div>
          ) : null}
          <Input
            aria-label={texts.modelName}
            placeholder={texts.searchHint}
            className="h-9"
            value={search}
            onChange={(event) => setSearch(event.target.value)}
          />
          <ul className="flex flex-col divide-y">
            {listed.slice(0, SHOWN_MAX).map((one) => (
              <Item key={one.name} one={one} tiers={tiers} acting={acting} onSaved={() => void load()} />
            ))}
            {search.trim() !== '' && listed.every((one) => one.name !== search.trim()) ? (
              <li className="flex items-center justify-between gap-3 py-2">
                <code className="font-mono text-sm wrap-anywhere">{search.trim()}</code>
                <ModelForm
                  model={{ id: `${id}/${search.trim()}`, name: search.trim(), suggestion: null }}
                  tiers={tiers}
                  acting={acting}
                  onSaved={() => void load()}
                />
              </li>
            ) : null}
          </ul>
        </DialogContent>
      </Dialog>
    </>
  );
}

interface ItemProps extends Omit<ProviderModelsProps, 'provider'> {
  one: Seen[number];
  onSaved: () => void;
}

function Item({ one, tiers, acting, onSaved }: ItemProps) {
  return (
    <li className="flex items-center justify-between gap-3 py-2">
      <span className="min-w-0">
        <code className="block font-mono text-sm wrap-anywhere">{one.name}</code>
        {one.listed ? null : (
          <span className="text-xs text-muted-foreground">
            {one.new ? `${texts.isNew} · ` : ''}
            {one.suggestion
              ? texts.prices({
                  input: usd.format(one.suggestion.inputPriceUsd),
                  output: usd.format(one.suggestion.outputPriceUsd),
                })
              : texts.priceUnknown}
          </span>
        )}
      </span>
      {one.listed ? (
        <span className="text-sm whitespace-nowrap text-muted-foreground">{texts.inCatalogue}</span>
      ) : (
        <ModelForm
          model={{ id: one.modelId, name: one.name, suggestion: one.suggestion }}
          tiers={tiers}
          acting={acting}
          onSaved={onSaved}
        />
      )}
    </li>
  );
}

/** Whether an admin may want to add it, as it has only just appeared. */
function isOfInterest(one: Seen[number]): boolean {
  return one.new && !one.listed;
}
