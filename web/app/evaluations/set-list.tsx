import { sets as texts } from 'texts:evaluations';
import { Link } from '@remix-run/react';
import type { ReactNode } from 'react';
import { toAddressId } from '../graphql/address-id.ts';
import type { PromptSetFieldsFragment } from '../graphql/generated/graphql.ts';
import { sentence } from '../languages/sentence.tsx';
import { formatCount } from '../ui/figures.ts';
import { type Column, Table } from '../ui/table.tsx';
import { Time } from '../ui/time.tsx';

const columns: Column<PromptSetFieldsFragment>[] = [
  {
    id: 'name',
    head: texts.set,
    cell: ({ id, name }) => (
      <Link
        to={`/evaluations?set=${toAddressId(id)}#set`}
        className="inline-flex items-center font-medium wrap-anywhere hover:underline max-md:-my-2 max-md:min-h-[44px]"
      >
        {name}
      </Link>
    ),
  },
  { id: 'prompts', head: texts.prompts, numeric: true, cell: ({ promptCount }) => formatCount(promptCount) },
  { id: 'shared', head: texts.shared, cell: shared },
  { id: 'changed', head: texts.changed, cell: ({ updatedAt }) => <Time at={updatedAt} />, className: 'max-md:hidden' },
];

function shared({ own, ownerName, sharedWith, team }: PromptSetFieldsFragment): ReactNode {
  if (!own) {
    return sentence(texts.by, { name: <bdi>{ownerName}</bdi> });
  }
  if (sharedWith === 'NOBODY') return '–';
  if (sharedWith !== 'TEAM') return texts.withAll;
  return team ? sentence(texts.with, { name: <bdi>{team.name}</bdi> }) : texts.withTeam;
}

export function SetList({ sets }: { sets: readonly PromptSetFieldsFragment[] }) {
  if (sets.length > 0) return <Table label={texts.promptSets} columns={columns} rows={sets} keyOf={({ id }) => id} />;
  return <p className="rounded-lg border border-dashed px-6 py-10 text-center text-muted-foreground">{texts.noSets}</p>;
}
