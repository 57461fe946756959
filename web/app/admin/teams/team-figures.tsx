import type { TeamFieldsFragment } from '../../graphql/generated/graphql.ts';
import { formatCount, formatShort, plural } from '../../ui/figures.ts';
import { Time } from '../../ui/time.tsx';
import { Names } from './names.tsx';

/** What a team has, as the viewer sees it. */
export function TeamFigures({ team }: { team: TeamFieldsFragment }) {
  const { credits, monthlyCredits, memberMonthlyCredits, models, ownerNames, retentionDays, viewerIsMember } = team;
  const figures = [
    { name: 'Balance', value: credits.balance, note: `${formatCount(credits.held)} held for answers in progress` },
    viewerIsMember
      ? { name: 'Left for you', value: credits.available, note: 'the most that your next prompt may cost' }
      : { name: 'Left', value: credits.available, note: 'for what its members ask' },
    {
      name: 'Each month',
      value: monthlyCredits,
      note: (
        <>
          topped up again <Time at={credits.renewsAt} />
        </>
      ),
    },
    {
      name: 'For each member',
      value: memberMonthlyCredits,
      note: memberMonthlyCredits === null ? 'no limit but the balance' : 'a month, held credits included',
    },
  ];
  return (
    <section aria-label="Credits of the team" className="flex flex-col gap-3">
      {team.archived ? (
        <p role="status" className="rounded-md bg-warning-soft px-4 py-3 text-sm">
          This team is archived: it pays for nothing more.
        </p>
      ) : null}
      <dl className="grid grid-cols-4 overflow-hidden rounded-lg border bg-card max-lg:grid-cols-2 max-sm:grid-cols-1">
        {figures.map(({ name, value, note }) => (
          <div key={name} className="-mr-px -mb-px flex flex-col border-r border-b px-4 py-3">
            <dt className="text-sm text-muted-foreground">{name}</dt>
            <dd className="figures text-xl font-semibold" title={value === null ? undefined : formatCount(value)}>
              {value === null ? '–' : formatShort(value)}
            </dd>
            <dd className="figures text-xs text-muted-foreground">{note}</dd>
          </div>
        ))}
      </dl>
      <p className="text-sm text-muted-foreground">
        {ownerNames.length > 0 ? (
          <>
            Owned by <Names names={ownerNames} />.{' '}
          </>
        ) : (
          'The admins look after this team. '
        )}
        {models === null ? 'It pays for all models.' : `It pays for ${models.map(({ name }) => name).join(', ')}.`}
        {retentionDays === null
          ? ''
          : ` Conversations that it pays for are deleted when nothing was asked in them for ${plural(retentionDays, 'day')}.`}
      </p>
    </section>
  );
}
