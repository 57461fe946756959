import { Link, useHref, useNavigation, useSearchParams } from '@remix-run/react';
import { Download } from 'lucide-react';
import { lazy, type ReactNode, Suspense, useEffect, useState, useSyncExternalStore } from 'react';
import type { AdminUsageQuery, MemberUsageQuery, UsageGroup } from '../graphql/generated/graphql.ts';
import { Button } from '../ui/button.tsx';
import { classes } from '../ui/classes.ts';
import { formatCount, formatSeconds, formatShort } from '../ui/figures.ts';
import { Input } from '../ui/input.tsx';
import { ProviderMark } from '../ui/provider-mark.tsx';
import { Segments } from '../ui/segments.tsx';
import { type Column, Table, useSortInAddress } from '../ui/table.tsx';
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

const groupNames: Record<UsageGroup, string> = {
  DAY: 'Day',
  MODEL: 'Model',
  PROVIDER: 'Provider',
  USER: 'Member',
  KEY: 'Key',
  PAYER: 'Payer',
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
          The range ends before it begins. Choose a later end or an earlier start.
        </p>
      ) : (
        <div className={classes('flex flex-col gap-6 transition-opacity', busy && 'opacity-60')} aria-busy={busy}>
          {children}
          <Segments
            label="Figures by"
            segments={groups.map((name) => ({
              label: `By ${groupNames[name].toLowerCase()}`,
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
      <legend className="sr-only">Time</legend>
      <Segments
        label="Time"
        segments={namedRanges(today).map(({ name, range: { from, to } }) => ({
          label: name,
          to: `?${changed(search, { from: from ?? '', to })}`,
          current: from === range.from && to === range.to,
        }))}
      />
      <span className="flex items-center gap-2 text-sm text-muted-foreground">
        <DayField label="From" value={range.from} max={range.to ?? today} onChange={choose('from')} />
        <span aria-hidden="true">–</span>
        <DayField label="To" value={range.to} min={range.from} max={today} onChange={choose('to')} />
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
      <p className="text-muted-foreground">There are no answers in this range.</p>
      <Button asChild size="small">
        <Link to="/">Ask something</Link>
      </Button>
    </div>
  );
}

const measures = {
  credits: { name: 'Credits', of: (row: Row) => row.credits, format: formatCount },
  answers: { name: 'Answers', of: (row: Row) => row.responses, format: formatCount },
  tokens: { name: 'Tokens', of: (row: Row) => row.inputTokensExact + row.outputTokensExact, format: formatCount },
  cost: { name: 'Cost', of: (row: Row) => row.costUsd ?? 0, format: formatUsd },
};

type FiguresProps = Required<Pick<UsageReportProps, 'range' | 'group' | 'today'>> & {
  report: NonNullable<UsageReportProps['report']>;
};

function Figures({ report, range, group, today }: FiguresProps) {
  const [search] = useSearchParams();
  const sorting = useSortInAddress();
  const isAdmins = report.total.costUsd !== undefined;
  const shown = (isAdmins && measures[(search.get('of') ?? 'credits') as keyof typeof measures]) || measures.credits;
  const byGroup = groupNames[group].toLowerCase();
  return (
    <>
      <figure className="flex flex-col gap-3 rounded-lg border bg-card p-4">
        <figcaption className="flex flex-wrap items-center justify-between gap-2">
          <span className="text-sm font-medium">
            {shown.name} by {byGroup}
          </span>
          {isAdmins ? (
            <Segments
              label="The chart shows"
              segments={Object.entries(measures).map(([id, measure]) => ({
                label: measure.name,
                to: `?${changed(search, { of: id === 'credits' ? null : id })}`,
                current: measure === shown,
              }))}
            />
          ) : null}
        </figcaption>
        <Chart
          label={`${shown.name} by ${byGroup}, as in the table below`}
          points={pointsOf(report.rows, shown.of, { range, group, today })}
          format={shown.format}
          sideways={group !== 'DAY'}
        />
      </figure>
      <Table
        label={`Figures by ${byGroup}`}
        columns={columnsOf(group, report.total)}
        rows={report.rows}
        keyOf={(row) => row.day ?? row.model?.id ?? row.provider?.id ?? row.user?.id ?? row.apiKey?.id ?? ''}
        {...sorting}
      />
    </>
  );
}

/** What a row is about. In a report by key, only what was asked without one is about nothing else. */
function nameOf({ day, model, provider, user, apiKey, payer }: Row, group: UsageGroup): string {
  const name = day ?? model?.name ?? provider?.name ?? user?.name ?? apiKey?.name ?? payer?.name;
  return name ?? (group === 'PAYER' ? OWN_CREDITS : 'No key');
}

/** Names what no team paid for. */
const OWN_CREDITS = 'Own credits';

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
    head: groupNames[group],
    cell: (row) => <NamedBy group={group} row={row} />,
    sortBy: (row) => nameOf(row, group),
    total: 'Total',
  };
  const credits = figure('credits', 'Credits', (row) => row.credits);
  const counts = [
    figure('answers', 'Answers', (row) => row.responses),
    figure('failed', 'Failed', (row) => row.failures),
    figure('input', 'Input tokens', (row) => row.inputTokensExact),
    figure('output', 'Output tokens', (row) => row.outputTokensExact),
  ];
  if (total.costUsd === undefined) return [named, credits, ...counts];
  const firstToken = (row: Total) => (row.medianFirstTokenMs == null ? '–' : formatSeconds(row.medianFirstTokenMs));
  return [
    named,
    credits,
    figure('cost', 'Provider cost', (row) => row.costUsd ?? 0, formatUsd),
    ...counts,
    {
      id: 'first-token',
      head: 'First token',
      numeric: true,
      cell: firstToken,
      sortBy: (row) => row.medianFirstTokenMs ?? null,
      total: firstToken(total),
    },
  ];
}

function NamedBy({ group, row }: { group: UsageGroup; row: Row }) {
  if (group === 'KEY') return <NamedKey apiKey={row.apiKey} />;
  if (group === 'PAYER')
    return <Titled title={nameOf(row, group)} note={row.payer ? 'team' : 'paid by the member who asked'} />;
  return <Named row={row} />;
}

function Named({ row: { day, model, provider, user } }: { row: Row }) {
  if (day) return <span className="figures whitespace-nowrap">{day}</span>;
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
  if (!apiKey) return <Titled title="No key" note="asked in the web app" />;
  const { name, prefix, revoked, user } = apiKey;
  const notes = [...(revoked ? ['revoked'] : []), `${prefix}…`, ...(user ? [user.email] : [])];
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

/** The totals of a range, shortened. The table's foot has the exact figures. */
export function UsageTotals({ total }: { total: AdminReport['total'] }) {
  const { responses, failures, inputTokensExact, outputTokensExact, credits, costUsd, medianFirstTokenMs } = total;
  const share = responses > 0 ? (failures / responses) * 100 : 0;
  const figures = [
    { name: 'Answers', value: formatShort(responses), note: 'finished', exact: responses },
    { name: 'Failures', value: formatShort(failures), note: `${share.toFixed(1)} % of the answers`, exact: failures },
    {
      name: 'Tokens',
      value: formatShort(inputTokensExact + outputTokensExact),
      note: `${formatShort(inputTokensExact)} in, ${formatShort(outputTokensExact)} out`,
      exact: inputTokensExact + outputTokensExact,
    },
    { name: 'Credits', value: formatShort(credits), note: 'charged', exact: credits },
    { name: 'Provider cost', value: formatUsd(costUsd), note: 'in USD', exact: costUsd },
    {
      name: 'First token',
      value: medianFirstTokenMs === null ? '–' : formatSeconds(medianFirstTokenMs),
      note: 'median',
      exact: medianFirstTokenMs,
    },
  ];
  return (
    <dl className="grid grid-cols-6 overflow-hidden rounded-lg border bg-card max-xl:grid-cols-3 max-md:grid-cols-2">
      {figures.map(({ name, value, note, exact }) => (
        <div key={name} className="-mr-px -mb-px flex flex-col border-r border-b px-4 py-3">
          <dt className="text-sm text-muted-foreground">{name}</dt>
          <dd className="figures text-xl font-semibold" data-exact={exact} title={exact?.toLocaleString('en-US')}>
            {value}
          </dd>
          <dd className="figures text-xs text-muted-foreground">{note}</dd>
        </div>
      ))}
    </dl>
  );
}
