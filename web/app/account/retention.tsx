import { usePayers } from '../frame/payers.tsx';
import { plural } from '../ui/figures.ts';

/** Says how long conversations are kept, also those that the member's teams pay for. Nothing, if all are kept for ever. */
export function Retention({ days }: { days: number | null }) {
  const teams = usePayers().teams.flatMap(({ id, name, retentionDays }) =>
    retentionDays == null ? [] : [{ id, name, retentionDays }],
  );
  if (days === null && teams.length === 0) return null;
  return (
    <section aria-labelledby="retention" className="flex flex-col gap-2 text-sm text-muted-foreground">
      <h2 id="retention" className="text-lg font-semibold text-foreground">
        Conversations
      </h2>
      <p>
        {days === null
          ? 'Your conversations are kept until you delete them.'
          : `A conversation in which nothing was asked for ${plural(days, 'day')} is deleted for good.`}{' '}
        What its answers cost stays in your usage.
      </p>
      {teams.length === 0 ? null : (
        <>
          <p>Teams have rules of their own for the conversations that they pay for. Deleted for good are:</p>
          <ul className="list-disc pl-5">
            {teams.map(({ id, name, retentionDays }) => (
              <li key={id}>
                those of <bdi className="text-foreground">{name}</bdi> in which nothing was asked for{' '}
                {plural(retentionDays, 'day')}
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}
