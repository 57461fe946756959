import { runs as texts } from 'texts:evaluations';
import { Link } from '@remix-run/react';
import { toAddressId } from '../graphql/address-id.ts';
import type { EvaluationItemFragment, EvaluationState } from '../graphql/generated/graphql.ts';
import { type Column, Table } from '../ui/table.tsx';
import { Time } from '../ui/time.tsx';

export const stateNames: Record<EvaluationState, string> = {
  RUNNING: `● ${texts.running}`,
  PAUSED: `‖ ${texts.paused}`,
  DONE: `✓ ${texts.done}`,
  STOPPED: `■ ${texts.stopped}`,
};

const columns: Column<EvaluationItemFragment>[] = [
  {
    id: 'name',
    head: texts.evaluation,
    cell: ({ id, name, createdAt }) => (
      <>
        <Link
          to={`/evaluations/${toAddressId(id)}`}
          className="inline-flex items-center font-medium wrap-anywhere hover:underline max-md:-my-2 max-md:min-h-[44px]"
        >
          {name}
        </Link>
        <span className="block text-xs text-muted-foreground md:hidden">
          <Time at={createdAt} />
        </span>
      </>
    ),
  },
  { id: 'state', head: texts.state, cell: ({ state }) => stateNames[state] },
  { id: 'owner', head: texts.of, cell: ({ own, ownerName }) => (own ? texts.you : <bdi>{ownerName}</bdi>) },
  { id: 'begun', head: texts.begun, cell: ({ createdAt }) => <Time at={createdAt} />, className: 'max-md:hidden' },
];

export function EvaluationList({ evaluations }: { evaluations: readonly EvaluationItemFragment[] }) {
  if (evaluations.length > 0) {
    return <Table label={texts.list} columns={columns} rows={evaluations} keyOf={({ id }) => id} />;
  }
  return <p className="rounded-lg border border-dashed px-6 py-10 text-center text-muted-foreground">{texts.none}</p>;
}
