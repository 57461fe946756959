import { providers as texts } from 'texts:admin';
import type { AdminModelsQuery } from '../../graphql/generated/graphql.ts';
import { formatPercent, formatSeconds } from '../../ui/figures.ts';
import { ProviderMark } from '../../ui/provider-mark.tsx';
import { type Column, Table } from '../../ui/table.tsx';
import { Time } from '../../ui/time.tsx';

type Provider = AdminModelsQuery['providers'][number];

const states = {
  UP: { sign: '✓', word: texts.up, look: 'text-success' },
  DEGRADED: { sign: '⚠', word: texts.degraded, look: 'text-warning' },
  DOWN: { sign: '■', word: texts.down, look: 'text-destructive' },
  UNKNOWN: { sign: '○', word: texts.noCalls, look: 'text-muted-foreground' },
};

const columns: Column<Provider>[] = [
  {
    id: 'name',
    head: texts.provider,
    cell: ({ id, name }) => (
      <span className="flex items-center gap-2 whitespace-nowrap">
        <ProviderMark providerId={id} /> {name}
      </span>
    ),
  },
  {
    id: 'state',
    head: texts.health,
    cell: ({ configured, health }) => {
      const { sign, word, look } = configured ? states[health.status] : { ...states.UNKNOWN, word: texts.noKey };
      return (
        <span className={`whitespace-nowrap ${look}`}>
          <span aria-hidden="true">{sign}</span> {word}
        </span>
      );
    },
  },
  {
    id: 'first-token',
    head: texts.firstToken,
    numeric: true,
    cell: ({ health }) => (health.firstTokenMs === null ? '–' : formatSeconds(health.firstTokenMs)),
  },
  {
    id: 'errors',
    head: texts.failed,
    numeric: true,
    cell: ({ health }) => (health.errorRate === null ? '–' : formatPercent(health.errorRate)),
  },
  {
    id: 'checked',
    head: texts.lastCall,
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
          {texts.providers}
        </h2>
        <p className="text-sm text-muted-foreground">{texts.recentCalls}</p>
      </div>
      <Table
        label={texts.providers}
        columns={columns}
        rows={providers}
        keyOf={({ id }) => id}
        detail={({ health: { lastError } }) =>
          lastError ? (
            <p className="text-muted-foreground wrap-anywhere">{texts.lastFailure({ error: lastError })}</p>
          ) : null
        }
      />
    </section>
  );
}
