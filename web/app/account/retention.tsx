import { profile as texts } from 'texts:account';
import { usePayers } from '../frame/payers.tsx';
import { sentence } from '../languages/sentence.tsx';

/** Says how long conversations are kept, also those that the member's teams pay for. Nothing, if all are kept for ever. */
export function Retention({ days }: { days: number | null }) {
  const teams = usePayers().teams.flatMap(({ id, name, retentionDays }) =>
    retentionDays == null ? [] : [{ id, name, retentionDays }],
  );
  if (days === null && teams.length === 0) return null;
  return (
    <section aria-labelledby="retention" className="flex flex-col gap-2 text-sm text-muted-foreground">
      <h2 id="retention" className="text-lg font-semibold text-foreground">
        {texts.conversations}
      </h2>
      <p>{days === null ? texts.keptForEver : texts.keptForDays({ days })}</p>
      {teams.length === 0 ? null : (
        <>
          <p>{texts.teamsRules}</p>
          <ul className="list-disc ps-5">
            {teams.map(({ id, name, retentionDays }) => (
              <li key={id}>
                {sentence(texts.teamRule, {
                  team: <bdi className="text-foreground">{name}</bdi>,
                  days: retentionDays,
                })}
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}
