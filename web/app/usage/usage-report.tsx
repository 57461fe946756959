import { usage as texts } from 'texts:account';
import { Link, useHref, useNavigation, useSearchParams } from '@remix-run/react';
import { Download } from 'lucide-react';
import { lazy, type ReactNode, Suspense, useEffect, useState, useSyncExternalStore } from 'react';
import type { AdminUsageQuery, MemberUsageQuery, UsageGroup } from '../graphql/generated/graphql.ts';
import { Button } from '../ui/button.tsx';
import { classes } from '../ui/classes.ts';
import { formatCount, formatSeconds } from '../ui/figures.ts';
import { Input } from '../ui/input.tsx';
import { ProviderMark } from '../ui/provider-mark.tsx';
import { Segments } from '../ui/segments.tsx';
import { type Column, Table, useSortInAddress } from '../ui/table.tsx';
import { dayInUtc } from '../ui/time.tsx';
import { type DayRange, everyDay, namedRanges, toMoments } from './range.ts';
import { formatUsd } from './usd.ts';

type MemberReport = NonNullable<MemberUsageQuery['viewer']>['usage'];
type AdminReport = AdminUsageQuery['admin']['usage'];
type Total = MemberReport['total'] & Partial<Pick<AdminReport['total'], 'costUsd' | 'medianFirstTokenMs'>>;
type MemberRow = MemberReport['rows'][number];
type AdminRow = AdminReport['rows'][number];
type UsedKey = NonNullable<MemberRow['apiKey']> & Partial<NonNullable<AdminRow['apiKey']>>;
type Row = Omit<MemberRow & Partial<AdminRow>, 'apiKey'> & { apiKey: UsedKey | null };

interface UsageReportProps {
  /** Null if the range ends before it begins, so that nothing was loaded. */
  report: { total: Total; rows: Row[] } | null;
  range: DayRange;
  group: UsageGroup;
  groups: readonly UsageGroup[];
  /** The current day at the server, in UTC. */
  today: string;
  /** The path of the same report as CSV. */
  csvPath: string;
  /** Content between the filter and the figures. */
  children?: ReactNode;
}

const groupNames: Record<UsageGroup, { head: string; by: string }> = {
  DAY: { head: texts.day, by: texts.byDay },
  MODEL: { head: texts.model, by: texts.byModel },
  PROVIDER: { head: texts.provider, by: texts.byProvider },
  USER: { head: texts.member, by: texts.byMember },
  KEY: { head: texts.key, by: texts.byKey },
  PAYER: { head: texts.payer, by: texts.byPayer },
};

/** The figures of a range by day, model, provider, member, API key or payer, as a chart and as a table. The address keeps the view. */
export function UsageReport({ report, range, group, groups, today, csvPath, children }: UsageReportProps) {
  const [search] = useSearchParams();
  const csv = useHref(csvPath);
  const busy = useNavigation().state === 'loading';
  return (
    <div className="flex flex-col gap-6">
      <div className="flex flex-wrap items-end justify-between gap-x-6 gap-y-3">
        <RangeFilter range={range} today={today} />
        <Button asChild size="small">
          <a href={`${csv}?${csvSearch(range, group)}`} download>
            <Download /> CSV
          </a>
        </Button>
      </div>
      {report === null ? (
        <p role="alert" className="rounded-md bg-warning-soft px-4 py-3 text-sm">
          {texts.backwards}
        </p>
      ) : (
        <div className={classes('flex flex-col gap-6 transition-opacity', busy && 'opacity-60')} aria-busy={busy}>
          {children}
          <Segments
            label={texts.figuresBy}
            segments={groups.map((name) => ({
              label: groupNames[name].by,
              to: `?${changed(search, { by: name === 'DAY' ? null : name.toLowerCase(), sort: null })}`,
              current: name === group,
            }))}
          />
          {report.rows.length === 0 ? <Nothing /> : <Figures {...{ report, range, group, today }} />}
        </div>
      )}
    </div>
  );
}

/** The address with these changes. Other parameters, such as the ledger's page, stay. */
function changed(search: URLSearchParams, changes: Record<string, string | null>): URLSearchParams {
  const next = new URLSearchParams(search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) next.delete(name);
    else next.set(name, value);
  }
  return next;
}

function csvSearch(range: DayRange, group: UsageGroup): URLSearchParams {
  const { from, to } = toMoments(range);
  return new URLSearchParams({
    groupBy: group.toLowerCase(),
    ...(from ? { from } : {}),
    ...(to ? { to } : {}),
  });
}

function RangeFilter({ range, today }: { range: DayRange; today: string }) {
  const [search, setSearch] = useSearchParams();
  const choose = (end: 'from' | 'to') => (value: string) => {
    // A year that is being typed begins with zeros.
    if (value !== '' && value < '1970') return;
    const next = { from: range.from ?? '', to: range.to ?? '', [end]: value };
    setSearch(changed(search, next), { replace: true, preventScrollReset: true });
  };
  return (
    <fieldset className="flex min-w-0 flex-wrap items-center gap-3">
      <legend className="sr-only">{texts.time}</legend>
      <Segments
        label={texts.time}
        segments={namedRanges(today).map(({ name, range: { from, to } }) => ({
          label: name,
          to: `?${changed(search, { from: from ?? '', to })}`,
          current: from === range.from && to === range.to,
        }))}
      />
      <span className="flex items-center gap-2 text-sm text-muted-foreground">
        <DayField label={texts.from} value={range.from} max={range.to ?? today} onChange={choose('from')} />
        <span aria-hidden="true">–</span>
        <DayField label={texts.to} value={range.to} min={range.from} max={today} onChange={choose('to')} />
        <span>UTC</span>
      </span>
    </fieldset>
  );
}

interface DayFieldProps {
  label: string;
  value: string | null;
  min?: string | null;
  max: string;
  onChange: (value: string) => void;
}

/** How long typing pauses before a date counts as complete. */
const PAUSE_MS = 400;

/** The browser's own field for a day. It keeps the typed value until it loses the focus, since a date is typed in pieces. */
function DayField({ label, value, min, max, onChange }: DayFieldProps) {
  const [typed, setTyped] = useState<string | null>(null);
  const isNew = typed !== null && typed !== (value ?? '');
  // With each piece the field names some day: without a pause, a report would be loaded for each and given up for the next.
  useEffect(() => {
    if (!isNew) return;
    const pause = setTimeout(() => onChange(typed), PAUSE_MS);
    return () => clearTimeout(pause);
  }, [isNew, typed, onChange]);
  return (
    <Input
      type="date"
      aria-label={label}
      className="figures h-8 w-36 px-2 text-sm text-foreground"
      value={typed ?? value ?? ''}
      min={min ?? undefined}
      max={max}
      onChange={(event) => setTyped(event.target.value)}
      onBlur={() => {
        if (isNew) onChange(typed);
        setTyped(null);
      }}
    />
  );
}

function Nothing() {
  return (
    <div className="flex flex-col items-center gap-3 rounded-lg border border-dashed px-6 py-12 text-center">
      <p className="text-muted-foreground">{texts.none}</p>
      <Button asChild size="small">
        <Link to="/">{texts.ask}</Link>
      </Button>
    </div>
  );
}

const measures = {
  credits: { name: texts.credits, of: (row: Row) => row.credits, format: formatCount },
  answers: { name: texts.answers, of: (row: Row) => row.responses, format: formatCount },
  tokens: { name: texts.tokens, of: (row: Row) => row.inputTokensExact + row.outputTokensExact, format: formatCount },
  cost: { name: texts.cost, of: (row: Row) => row.costUsd ?? 0, format: formatUsd },
};

type FiguresProps = Required<Pick<UsageReportProps, 'range' | 'group' | 'today'>> & {
  report: NonNullable<UsageReportProps['report']>;
};

function Figures({ report, range, group, today }: FiguresProps) {
  const [search] = useSearchParams();
  const sorting = useSortInAddress();
  const isAdmins = report.total.costUsd !== undefined;
  const shown = (isAdmins && measures[(search.get('of') ?? 'credits') as keyof typeof measures]) || measures.credits;
  const heading = texts.measureBy({ measure: shown.name, by: group });
  return (
    <>
      <figure className="flex flex-col gap-3 rounded-lg border bg-card p-4">
        <figcaption className="flex flex-wrap items-center justify-between gap-2">
          <span className="text-sm font-medium">{heading}</span>
          {isAdmins ? (
            <Segments
              label={texts.chartShows}
              segments={Object.entries(measures).map(([id, measure]) => ({
                label: measure.name,
                to: `?${changed(search, { of: id === 'credits' ? null : id })}`,
                current: measure === shown,
              }))}
            />
          ) : null}
        </figcaption>
        <Chart
          label={texts.chartOf({ measureBy: heading })}
          points={pointsOf(report.rows, shown.of, { range, group, today })}
          format={shown.format}
          sideways={group !== 'DAY'}
        />
      </figure>
      <Table
        label={texts.measureBy({ measure: texts.figures, by: group })}
        columns={columnsOf(group, report.total)}
        rows={report.rows}
        keyOf={keyOf}
        {...sorting}
      />
    </>
  );
}

function keyOf({ day, model, provider, user, apiKey, payer, house }: Row): string {
  return day ?? model?.id ?? provider?.id ?? user?.id ?? apiKey?.id ?? payer?.id ?? (house ? 'house' : '');
}

/** What a row is about. In a report by key, only what was asked without one is about nothing else. */
function nameOf({ day, model, provider, user, apiKey, payer, house }: Row, group: UsageGroup): string {
  if (house) return texts.thisServer;
  const name = day ?? model?.name ?? provider?.name ?? user?.name ?? apiKey?.name ?? payer?.name;
  return name ?? (group === 'PAYER' ? texts.ownCredits : texts.noKey);
}

const barsMax = 12;

function pointsOf(
  rows: readonly Row[],
  of: (row: Row) => number,
  { range, group, today }: Omit<FiguresProps, 'report'>,
) {
  if (group === 'DAY') {
    const values = new Map(rows.flatMap((row): [string, number][] => (row.day ? [[row.day, of(row)]] : [])));
    return everyDay(values, range, today).map(([name, value]) => ({ name, value }));
  }
  return rows
    .map((row) => ({ name: nameOf(row, group), value: of(row) }))
    .toSorted((one, other) => other.value - one.value)
    .slice(0, barsMax);
}

const LazyChart = lazy(() => import('./usage-chart.tsx'));
const noChanges = () => () => {};

/** The chart, which is rendered in the browser only, and loaded when it is shown: the table says the same. */
function Chart(props: Parameters<typeof LazyChart>[0]) {
  const alive = useSyncExternalStore(
    noChanges,
    () => true,
    () => false,
  );
  const room = <div className="h-56" />;
  return alive ? (
    <Suspense fallback={room}>
      <LazyChart {...props} />
    </Suspense>
  ) : (
    room
  );
}

function columnsOf(group: UsageGroup, total: Total): Column<Row>[] {
  const figure = (id: string, head: string, of: (row: Total) => number, format = formatCount): Column<Row> => ({
    id,
    head,
    numeric: true,
    cell: (row) => format(of(row)),
    sortBy: of,
    total: format(of(total)),
  });
  const named: Column<Row> = {
    id: 'name',
    head: groupNames[group].head,
    cell: (row) => <NamedBy group={group} row={row} />,
    sortBy: (row) => nameOf(row, group),
    total: texts.total,
  };
  const credits = figure('credits', texts.credits, (row) => row.credits);
  const counts = [
    figure('answers', texts.answers, (row) => row.responses),
    figure('failed', texts.failed, (row) => row.failures),
    figure('input', texts.inputTokens, (row) => row.inputTokensExact),
    figure('output', texts.outputTokens, (row) => row.outputTokensExact),
  ];
  if (total.costUsd === undefined) return [named, credits, ...counts];
  const firstToken = (row: Total) => (row.medianFirstTokenMs == null ? '–' : formatSeconds(row.medianFirstTokenMs));
  return [
    named,
    credits,
    figure('cost', texts.providerCost, (row) => row.costUsd ?? 0, formatUsd),
    ...counts,
    {
      id: 'first-token',
      head: texts.firstToken,
      numeric: true,
      cell: firstToken,
      sortBy: (row) => row.medianFirstTokenMs ?? null,
      total: firstToken(total),
    },
  ];
}

function NamedBy({ group, row }: { group: UsageGroup; row: Row }) {
  if (row.house) return <Titled title={texts.thisServer} note={texts.titles} />;
  if (group === 'KEY') return <NamedKey apiKey={row.apiKey} />;
  if (group === 'PAYER')
    return <Titled title={nameOf(row, group)} note={row.payer ? texts.team : texts.paidByMember} />;
  return <Named row={row} />;
}

function Named({ row: { day, model, provider, user } }: { row: Row }) {
  if (day) return <span className="figures whitespace-nowrap">{dayInUtc(day)}</span>;
  if (user) {
    return <Titled title={user.name} note={user.email} />;
  }
  return (
    <span className="flex items-center gap-2 whitespace-nowrap">
      <ProviderMark providerId={model?.provider.id ?? provider?.id ?? ''} />
      <span title={model?.id}>{model?.name ?? provider?.name}</span>
    </span>
  );
}

function NamedKey({ apiKey }: Pick<Row, 'apiKey'>) {
  if (!apiKey) return <Titled title={texts.noKey} note={texts.inWebApp} />;
  const { name, prefix, revoked, user } = apiKey;
  const notes = [...(revoked ? [texts.revoked] : []), `${prefix}…`, ...(user ? [user.email] : [])];
  return <Titled title={name} note={notes.join(' · ')} />;
}

function Titled({ title, note }: { title: string; note: string }) {
  return (
    <span className="block max-w-60 max-xl:max-w-40 max-md:max-w-36">
      <bdi className="block truncate">{title}</bdi>
      <span className="block truncate text-xs text-muted-foreground" title={note}>
        {note}
      </span>
    </span>
  );
}
