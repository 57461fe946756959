import { usage as texts } from 'texts:account';
import type { AdminUsageQuery } from '../graphql/generated/graphql.ts';
import { figuresLocale } from '../languages/locale.ts';
import { formatCount, formatSeconds, formatShort } from '../ui/figures.ts';
import { formatUsd } from './usd.ts';

const percent = new Intl.NumberFormat(figuresLocale, {
  style: 'percent',
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});

/** The totals of a range, shortened. The table's foot has the exact figures. */
export function UsageTotals({ total }: { total: AdminUsageQuery['admin']['usage']['total'] }) {
  const { responses, failures, inputTokensExact, outputTokensExact, credits, costUsd, medianFirstTokenMs } = total;
  const share = responses > 0 ? failures / responses : 0;
  const figures = [
    { name: texts.answers, value: formatShort(responses), note: texts.finished, exact: responses },
    {
      name: texts.failures,
      value: formatShort(failures),
      note: texts.ofAnswers({ share: percent.format(share) }),
      exact: failures,
    },
    {
      name: texts.tokens,
      value: formatShort(inputTokensExact + outputTokensExact),
      note: texts.inAndOut({ input: formatShort(inputTokensExact), output: formatShort(outputTokensExact) }),
      exact: inputTokensExact + outputTokensExact,
    },
    { name: texts.credits, value: formatShort(credits), note: texts.charged, exact: credits },
    { name: texts.providerCost, value: formatUsd(costUsd), note: texts.inUsd, exact: costUsd },
    {
      name: texts.firstToken,
      value: medianFirstTokenMs === null ? '–' : formatSeconds(medianFirstTokenMs),
      note: texts.median,
      exact: medianFirstTokenMs,
    },
  ];
  return (
    <dl className="grid grid-cols-6 overflow-hidden rounded-lg border bg-card max-xl:grid-cols-3 max-md:grid-cols-2">
      {figures.map(({ name, value, note, exact }) => (
        <div key={name} className="-me-px -mb-px flex flex-col border-e border-b px-4 py-3">
          <dt className="text-sm text-muted-foreground">{name}</dt>
          <dd
            className="figures text-xl font-semibold"
            data-exact={exact}
            title={exact === null ? undefined : formatCount(exact)}
          >
            {value}
          </dd>
          <dd className="figures text-xs text-muted-foreground">{note}</dd>
        </div>
      ))}
    </dl>
  );
}
