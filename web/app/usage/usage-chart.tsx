import { Bar, BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import { direction, figuresLocale } from '../languages/locale.ts';
import { formatShort } from '../ui/figures.ts';
import { dayInUtc } from '../ui/time.tsx';

interface UsageChartProps {
  label: string;
  /** A name is a day such as 2026-01-31 where bars stand side by side. */
  points: readonly { name: string; value: number }[];
  format: (value: number) => string;
  /** Whether bars run from left to right, one below the other, which leaves room for names. */
  sideways: boolean;
}

const tick = { fill: 'var(--muted-foreground)', fontSize: 12 };
const rowHeight = 32;

/** A picture of the table below it. Screen readers read the table. */
export default function UsageChart({ label, points, format, sideways }: UsageChartProps) {
  const height = sideways ? Math.max(3, points.length) * rowHeight + 32 : 224;
  const figures = { tick, tickLine: false, axisLine: false, tickFormatter: formatShort } as const;
  const names = { dataKey: 'name', tick, tickLine: false } as const;
  return (
    // Days and figures run from left to right in all languages.
    <div dir="ltr" role="img" aria-label={label} className="figures">
      <ResponsiveContainer width="100%" height={height} initialDimension={{ width: 320, height }}>
        <BarChart
          data={[...points]}
          layout={sideways ? 'vertical' : 'horizontal'}
          margin={{ top: 4, right: 20, bottom: 0, left: 0 }}
          accessibilityLayer={false}
        >
          <CartesianGrid stroke="var(--border)" horizontal={!sideways} vertical={sideways} />
          {sideways ? (
            <XAxis type="number" {...figures} />
          ) : (
            <XAxis
              {...names}
              axisLine={{ stroke: 'var(--input)' }}
              tickFormatter={shortDay}
              minTickGap={32}
              interval="equidistantPreserveEnd"
            />
          )}
          {sideways ? (
            <YAxis
              type="category"
              width={112}
              {...names}
              axisLine={{ stroke: 'var(--input)' }}
              tickFormatter={shortName}
            />
          ) : (
            <YAxis width={48} {...figures} />
          )}
          <Tooltip
            cursor={{ fill: 'var(--hover)' }}
            isAnimationActive={false}
            content={<Exact format={format} named={sideways ? String : dayInUtc} />}
          />
          <Bar
            dataKey="value"
            fill="var(--primary)"
            radius={sideways ? [0, 2, 2, 0] : [2, 2, 0, 0]}
            maxBarSize={sideways ? 16 : 28}
            isAnimationActive={false}
          />
        </BarChart>
      </ResponsiveContainer>
    </div>
  );
}

const dayOfMonth = new Intl.DateTimeFormat(figuresLocale, { timeZone: 'UTC', month: 'short', day: 'numeric' });

/** Shortens `2026-01-31` to `Jan 31`. */
function shortDay(day: string): string {
  return dayOfMonth.format(new Date(day));
}

function shortName(name: string): string {
  return name.length > 14 ? `${name.slice(0, 13)}…` : name;
}

interface ExactProps {
  named: (name: string) => string;
  format: (value: number) => string;
  /** Whether the pointer is on a bar; the chart sets it. */
  active?: boolean;
  payload?: readonly { payload?: { name: string; value: number } }[];
}

function Exact({ format, named, active, payload }: ExactProps) {
  const point = payload?.[0]?.payload;
  if (!active || !point) return null;
  return (
    <p dir={direction} className="rounded-sm bg-foreground px-2 py-1 text-xs text-background">
      <bdi>{named(point.name)}</bdi> <span className="font-medium">{format(point.value)}</span>
    </p>
  );
}
