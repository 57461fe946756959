import { Link } from '@remix-run/react';
import type { ReactNode } from 'react';
import { toAddressId } from '../graphql/address-id.ts';
import type { PromptSetFieldsFragment } from '../graphql/generated/graphql.ts';
import { type Column, Table } from '../ui/table.tsx';
import { Time } from '../ui/time.tsx';

const columns: Column<PromptSetFieldsFragment>[] = [
  {
    id: 'name',
    head: 'Set',
    cell: ({ id, name }) => (
      <Link
        to={`/evaluations?set=${toAddressId(id)}#set`}
        className="inline-flex items-center font-medium wrap-anywhere hover:underline max-md:-my-2 max-md:min-h-[44px]"
      >
        {name}
      </Link>
    ),
  },
  { id: 'prompts', head: 'Prompts', numeric: true, cell: ({ promptCount }) => promptCount },
  { id: 'shared', head: 'Shared', cell: shared },
  { id: 'changed', head: 'Changed', cell: ({ updatedAt }) => <Time at={updatedAt} />, className: 'max-md:hidden' },
];

function shared({ own, ownerName, sharedWith, team }: PromptSetFieldsFragment): ReactNode {
  if (!own) {
    return (
      <>
        by <bdi>{ownerName}</bdi>
      </>
    );
  }
  if (sharedWith === 'NOBODY') return '–';
  if (sharedWith !== 'TEAM') return 'with all members';
  return (
    <>
      with <bdi>{team?.name ?? 'a team'}</bdi>
    </>
  );
}

export function SetList({ sets }: { sets: readonly PromptSetFieldsFragment[] }) {
  if (sets.length > 0) return <Table label="Prompt sets" columns={columns} rows={sets} keyOf={({ id }) => id} />;
  return (
    <p className="rounded-lg border border-dashed px-6 py-10 text-center text-muted-foreground">
      There are no sets yet. Write down the questions that matter to you, and see which model answers them best.
    </p>
  );
}
