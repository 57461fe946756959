import { teams as texts } from 'texts:admin';
import { Link } from '@remix-run/react';
import { toAddressId } from '../../graphql/address-id.ts';
import type { ModelChoiceFragment, TeamFieldsFragment } from '../../graphql/generated/graphql.ts';
import { sentence } from '../../languages/sentence.tsx';
import { formatCount } from '../../ui/figures.ts';
import { type Column, Table } from '../../ui/table.tsx';
import { useActing } from '../acting.ts';
import { Names } from './names.tsx';
import { TeamForm } from './team-form.tsx';

interface TeamListProps {
  teams: readonly TeamFieldsFragment[];
  models: readonly ModelChoiceFragment[];
  /** Whether the viewer makes teams: an admin does, an auditor does not. */
  editable: boolean;
}

/** Makes teams, and lists them with what each has left. */
export function TeamList({ teams, models, editable }: TeamListProps) {
  const acting = useActing();
  const used = teams.filter(({ archived }) => !archived).length;
  return (
    <>
      {editable ? (
        <section aria-labelledby="make-team" className="flex flex-col gap-4">
          <div>
            <h2 id="make-team" className="text-lg font-semibold">
              {texts.newTeam}
            </h2>
            <p className="text-sm text-muted-foreground">{texts.whatTeamIs}</p>
          </div>
          <TeamForm team={null} models={models} acting={acting} />
        </section>
      ) : null}
      <section aria-labelledby="teams" className="flex flex-col gap-4">
        <h2 id="teams" className="figures text-lg font-semibold">
          {texts.count({ count: used })}
        </h2>
        {teams.length > 0 ? (
          <Table label={texts.teams} columns={columns} rows={teams} keyOf={({ id }) => id} />
        ) : (
          <p className="rounded-lg border border-dashed px-6 py-12 text-center text-muted-foreground">{texts.none}</p>
        )}
      </section>
    </>
  );
}

export function teamPath(id: string): string {
  return `/teams/${toAddressId(id)}`;
}

const columns: Column<TeamFieldsFragment>[] = [
  {
    id: 'name',
    head: texts.team,
    cell: ({ id, name, archived, ownerNames }) => (
      <span className="block max-w-64 max-md:max-w-40">
        <Link to={teamPath(id)} className="block truncate font-medium text-primary hover:underline">
          <bdi>{name}</bdi>
        </Link>
        <span className="block truncate text-xs text-muted-foreground">
          {archived
            ? texts.archived
            : ownerNames.length > 0
              ? sentence(texts.ownedBy, { owners: <Names names={ownerNames} /> })
              : texts.noOwner}
        </span>
      </span>
    ),
  },
  figure('members', texts.members, ({ members }) => formatCount(members.length)),
  figure('available', texts.available, ({ credits }) => formatCount(credits.available)),
  figure('monthly', texts.eachMonth, ({ monthlyCredits }) => formatCount(monthlyCredits), 'max-md:hidden'),
  figure(
    'limit',
    texts.forEachMember,
    ({ memberMonthlyCredits }) => (memberMonthlyCredits === null ? texts.noLimit : formatCount(memberMonthlyCredits)),
    'max-lg:hidden',
  ),
  figure(
    'spent',
    texts.spentThisMonth,
    ({ members }) => formatCount(members.reduce((sum, { spentThisMonth }) => sum + spentThisMonth, 0)),
    'max-md:hidden',
  ),
];

function figure(
  id: string,
  head: string,
  cell: (team: TeamFieldsFragment) => string,
  className?: string,
): Column<TeamFieldsFragment> {
  return { id, head, numeric: true, cell, ...(className !== undefined && { className }) };
}
