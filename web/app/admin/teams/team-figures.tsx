import { teams as texts } from 'texts:admin';
import type { TeamFieldsFragment } from '../../graphql/generated/graphql.ts';
import { figuresLocale } from '../../languages/locale.ts';
import { sentence } from '../../languages/sentence.tsx';
import { formatCount, formatShort } from '../../ui/figures.ts';
import { Time } from '../../ui/time.tsx';
import { Names } from './names.tsx';

const list = new Intl.ListFormat(figuresLocale, { type: 'unit' });

/** What a team has, as the viewer sees it. */
export function TeamFigures({ team }: { team: TeamFieldsFragment }) {
  const { credits, monthlyCredits, memberMonthlyCredits, models, ownerNames, retentionDays, viewerIsMember } = team;
  const figures = [
    {
      name: texts.balance,
      value: credits.balance,
      note: texts.heldForAnswers({ held: formatCount(credits.held) }),
    },
    viewerIsMember
      ? { name: texts.leftForYou, value: credits.available, note: texts.mostForNext }
      : { name: texts.left, value: credits.available, note: texts.forMembers },
    {
      name: texts.eachMonth,
      value: monthlyCredits,
      note: sentence(texts.toppedUp, { time: <Time at={credits.renewsAt} /> }),
    },
    {
      name: texts.forEachMember,
      value: memberMonthlyCredits,
      note: memberMonthlyCredits === null ? texts.noLimitButBalance : texts.aMonthHeld,
    },
  ];
  return (
    <section aria-label={texts.creditsOfTeam} className="flex flex-col gap-3">
      {team.archived ? (
        <p role="status" className="rounded-md bg-warning-soft px-4 py-3 text-sm">
          {texts.isArchived}
        </p>
      ) : null}
      <dl className="grid grid-cols-4 overflow-hidden rounded-lg border bg-card max-lg:grid-cols-2 max-sm:grid-cols-1">
        {figures.map(({ name, value, note }) => (
          <div key={name} className="-me-px -mb-px flex flex-col border-e border-b px-4 py-3">
            <dt className="text-sm text-muted-foreground">{name}</dt>
            <dd className="figures text-xl font-semibold" title={value === null ? undefined : formatCount(value)}>
              {value === null ? '–' : formatShort(value)}
            </dd>
            <dd className="figures text-xs text-muted-foreground">{note}</dd>
          </div>
        ))}
      </dl>
      <p className="text-sm text-muted-foreground">
        {ownerNames.length > 0 ? sentence(texts.owners, { owners: <Names names={ownerNames} /> }) : texts.adminsLook}{' '}
        {models === null ? texts.paysForAll : texts.paysFor({ models: list.format(models.map(({ name }) => name)) })}{' '}
        {retentionDays === null ? '' : texts.retention({ days: retentionDays })}
      </p>
    </section>
  );
}
