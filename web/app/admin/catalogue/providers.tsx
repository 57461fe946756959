import type { AdminModelsQuery } from '../../graphql/generated/graphql.ts';
import { formatSeconds } from '../../ui/figures.ts';
import { ProviderMark } from '../../ui/provider-mark.tsx';
import { type Column, Table } from '../../ui/table.tsx';
import { Time } from '../../ui/time.tsx';

type Provider = AdminModelsQuery['providers'][number];

const states = {
  UP: { sign: '✓', word: 'up', look: 'text-success' },
  DEGRADED: { sign: '⚠', word: 'degraded', look: 'text-warning' },
  DOWN: { sign: '■', word: 'down', look: 'text-destructive' },
  UNKNOWN: { sign: '○', word: 'no recent calls', look: 'text-muted-foreground' },
};

const columns: Column<Provider>[] = [
  {
    id: 'name',
    head: 'Provider',
    cell: ({ id, name }) => (
      <span className="flex items-center gap-2 whitespace-nowrap">
        <ProviderMark providerId={id} /> {name}
      </span>
    ),
  },
  {
    id: 'state',
    head: 'Health',
    cell: ({ configured, health }) => {
      const { sign, word, look } = configured ? states[health.status] : { ...states.UNKNOWN, word: 'no key' };
      return (
        <span className={`whitespace-nowrap ${look}`}>
          <span aria-hidden="true">{sign}</span> {word}
        </span>
      );
    },
  },
  {
    id: 'first-token',
    head: 'First token',
    numeric: true,
    cell: ({ health }) => (health.firstTokenMs === null ? '–' : formatSeconds(health.firstTokenMs)),
  },
  {
    id: 'errors',
    head: 'Failed',
    numeric: true,
    cell: ({ health }) => (health.errorRate === null ? '–' : `${(health.errorRate * 100).toFixed(0)} %`),
  },
  {
    id: 'checked',
    head: 'Last call',
    cell: ({ health }) => (health.checkedAt ? <Time at={health.checkedAt} /> : '–'),
    className: 'max-md:hidden',
  },
];

/** The health of each provider, measured by its calls of the last minutes. */
export function Providers({ providers }: Pick<AdminModelsQuery, 'providers'>) {
  return (
    <section aria-labelledby="providers" className="flex flex-col gap-4">
      <div>
        <h2 id="providers" className="text-lg font-semibold">
          Providers
        </h2>
        <p className="text-sm text-muted-foreground">From the calls of the last few minutes.</p>
      </div>
      <Table
        label="Providers"
        columns={columns}
        rows={providers}
        keyOf={({ id }) => id}
        detail={({ health: { lastError } }) =>
          lastError ? <p className="text-muted-foreground wrap-anywhere">Last failure: {lastError}</p> : null
        }
      />
    </section>
  );
}
