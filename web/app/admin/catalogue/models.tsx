import { models as texts } from 'texts:admin';
import { Search } from 'lucide-react';
import {
  type AdminModelsQuery,
  SetDefaultModelsDocument,
  SetModelEnabledDocument,
  SetModelOrderDocument,
} from '../../graphql/generated/graphql.ts';
import { Button } from '../../ui/button.tsx';
import { formatCount } from '../../ui/figures.ts';
import { Input } from '../../ui/input.tsx';
import { ProviderMark } from '../../ui/provider-mark.tsx';
import { Switch } from '../../ui/switch.tsx';
import { type Column, Table, useSortInAddress } from '../../ui/table.tsx';
import { type Acting, useActing } from '../acting.ts';
import { useSearchAddress } from '../search-address.ts';
import { ModelForm } from './model-form.tsx';

type Model = AdminModelsQuery['models'][number];

interface ModelsProps extends Pick<AdminModelsQuery, 'models' | 'tiers'> {
  /** Whether the viewer is an admin; an auditor only reads. */
  mayChange: boolean;
}

/** The models of the catalogue with their prices and plans. A switch decides whether members are offered a model. */
export function Models({ models, tiers, mayChange }: ModelsProps) {
  const sorting = useSortInAddress();
  const acting = useActing();
  const [text, setText] = useSearchAddress();
  const wanted = text.trim().toLowerCase();
  const shown = models.filter(({ id, name, provider }) =>
    `${name} ${id} ${provider.name}`.toLowerCase().includes(wanted),
  );
  return (
    <section aria-labelledby="models" className="flex flex-col gap-4">
      <div className="flex flex-wrap items-end justify-between gap-3">
        <div>
          <h2 id="models" className="figures text-lg font-semibold">
            {texts.count({ count: shown.length })}
          </h2>
          <p className="text-sm text-muted-foreground">{texts.pricesIn}</p>
        </div>
        <div className="relative">
          <Search
            className="pointer-events-none absolute top-1/2 start-2.5 size-4 -translate-y-1/2 text-muted-foreground"
            aria-hidden="true"
          />
          <Input
            type="search"
            aria-label={texts.search}
            placeholder={texts.searchHint}
            className="h-8 w-64 ps-8 text-sm"
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        </div>
      </div>
      <Table
        label={texts.models}
        columns={[
          ...columnsOf(tiers, mayChange ? acting : null),
          ...(mayChange ? changesOf(models, tiers, acting) : []),
        ]}
        rows={shown}
        keyOf={({ id }) => id}
        {...sorting}
        detail={({ id }) => {
          const refusal = acting.refusals.get(id);
          return refusal ? (
            <p role="alert" className="text-destructive">
              {refusal}
            </p>
          ) : null;
        }}
      />
    </section>
  );
}

function columnsOf(tiers: AdminModelsQuery['tiers'], acting: Acting | null): Column<Model>[] {
  const tierAt = (model: Model) => tiers.findIndex(({ id }) => id === model.minimumTier);
  const figure = (id: string, head: string, of: (model: Model) => number | null): Column<Model> => ({
    id,
    head,
    numeric: true,
    cell: (model) => {
      const value = of(model);
      return value === null ? '–' : formatCount(value);
    },
    sortBy: of,
  });
  return [
    {
      id: 'name',
      head: texts.model,
      cell: ({ id, name, provider }) => (
        <span className="flex max-w-72 items-baseline gap-2 max-md:max-w-40">
          <ProviderMark providerId={provider.id} />
          <span className="min-w-0">
            <span className="block truncate">{name}</span>
            <code className="block truncate font-mono text-xs text-muted-foreground">{id}</code>
          </span>
        </span>
      ),
      sortBy: ({ name }) => name,
    },
    {
      id: 'offered',
      head: texts.offered,
      cell: (model) => <Offered model={model} acting={acting} />,
      sortBy: ({ enabled, provider }) => Number(!enabled) + Number(!provider.configured) * 2,
    },
    {
      id: 'plan',
      head: texts.fromPlan,
      cell: (model) => tiers[tierAt(model)]?.name ?? model.minimumTier,
      sortBy: tierAt,
    },
    figure('input', texts.input, ({ inputPrice }) => inputPrice),
    figure('output', texts.output, ({ outputPrice }) => outputPrice),
    figure('context', texts.context, ({ contextWindow }) => contextWindow),
  ];
}

/** What an admin changes of a model, beside whether it is offered. */
function changesOf(models: readonly Model[], tiers: AdminModelsQuery['tiers'], acting: Acting): Column<Model>[] {
  const defaults = models.filter(({ setup }) => setup?.isDefault).map(({ id }) => id);
  return [
    {
      id: 'default',
      head: texts.newChats,
      cell: ({ id, name, setup, provider }) =>
        provider.configured ? (
          <Switch
            aria-label={texts.beginWith({ name })}
            checked={setup?.isDefault ?? false}
            aria-disabled={acting.busy.has(id)}
            onCheckedChange={(next) => {
              const modelIds = next ? [...defaults, id] : defaults.filter((other) => other !== id);
              const done =
                modelIds.length === 0
                  ? texts.beginAsStarted
                  : next
                    ? texts.nowWith({ name })
                    : texts.nowWithout({ name });
              if (!acting.busy.has(id))
                void acting.act(
                  id,
                  SetDefaultModelsDocument,
                  { modelIds: modelIds.length > 0 ? modelIds : null },
                  done,
                );
            }}
          />
        ) : null,
    },
    {
      id: 'change',
      head: texts.change,
      cell: (model) => (
        <span className="flex gap-2">
          <ModelForm model={model} tiers={tiers} acting={acting} />
          <Button
            size="small"
            aria-label={texts.listFirst({ name: model.name })}
            disabled={acting.busy.has(model.id)}
            onClick={() => {
              const modelIds = [model.id, ...models.map(({ id }) => id).filter((id) => id !== model.id)];
              const done = texts.listedFirst({ name: model.name });
              void acting.act(model.id, SetModelOrderDocument, { modelIds }, done);
            }}
          >
            {texts.toTop}
          </Button>
        </span>
      ),
    },
  ];
}

function Offered({ model, acting }: { model: Model; acting: Acting | null }) {
  const { id, name, enabled, provider } = model;
  if (!acting) return provider.configured ? (enabled ? texts.yes : texts.no) : texts.noKey;
  return (
    <span className="flex items-center gap-2 whitespace-nowrap">
      <Switch
        aria-label={texts.offer({ name })}
        checked={enabled}
        // `aria-disabled`, because a switch that is `disabled` loses the focus.
        aria-disabled={acting.busy.has(id)}
        onCheckedChange={(next) =>
          acting.busy.has(id) ||
          void acting.act(
            id,
            SetModelEnabledDocument,
            { modelId: id, enabled: next },
            next ? texts.offeredAgain({ name }) : texts.switchedOff({ name }),
          )
        }
      />
      {provider.configured ? null : <span className="text-xs text-muted-foreground">{texts.noKey}</span>}
    </span>
  );
}
