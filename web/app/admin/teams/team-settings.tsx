import type { FormEvent } from 'react';
import {
  AdjustTeamCreditsDocument,
  type ModelChoiceFragment,
  type TeamFieldsFragment,
  UpdateTeamDocument,
} from '../../graphql/generated/graphql.ts';
import { Button } from '../../ui/button.tsx';
import { Question } from '../../ui/question.tsx';
import { type Acting, useActing } from '../acting.ts';
import { buttonText, CreditFields, doneText, useTypedCredits } from '../credit-fields.tsx';
import { TeamForm } from './team-form.tsx';

/** What an admin decides of a team: its form, its funds, and whether it is in use. */
export function TeamSettings({ team, models }: { team: TeamFieldsFragment; models: readonly ModelChoiceFragment[] }) {
  const acting = useActing();
  const archive = (archived: boolean) =>
    void acting.act(
      team.id,
      UpdateTeamDocument,
      { id: team.id, input: { archived } },
      archived ? 'The team is archived.' : 'The team is in use again.',
    );
  return (
    <section aria-labelledby="team-settings" className="flex flex-col gap-6">
      <h2 id="team-settings" className="text-lg font-semibold">
        Settings
      </h2>
      <TeamForm team={team} models={models} acting={acting} />
      <Fund team={team} acting={acting} />
      <div>
        {team.archived ? (
          <Button size="small" disabled={acting.busy.has(team.id)} onClick={() => archive(false)}>
            Use this team again
          </Button>
        ) : (
          <Question
            title={`Archive ${team.name}?`}
            text="It pays for nothing more from now on. Answers that are being written are still settled, and its ledger stays. You can use it again later."
            yes="Archive"
            onYes={() => archive(true)}
          >
            {(ask) => (
              <Button size="small" variant="danger" disabled={acting.busy.has(team.id)} onClick={ask}>
                Archive the team
              </Button>
            )}
          </Question>
        )}
      </div>
    </section>
  );
}

/** The id by which the funding's refusal is kept. */
const FUND = 'fund';

function Fund({ team, acting }: { team: TeamFieldsFragment; acting: Acting }) {
  const credits = useTypedCredits();
  const { note, amount } = credits;
  const refusal = acting.refusals.get(FUND);

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (!amount) return;
    const variables = { teamId: team.id, amount, note };
    if (!(await acting.act(FUND, AdjustTeamCreditsDocument, variables, doneText(team.name, amount)))) return;
    credits.setTyped('');
    credits.setNote('');
  }

  return (
    <form className="flex flex-col gap-2" onSubmit={(event) => void submit(event)}>
      <div className="flex flex-wrap items-end gap-4 max-md:flex-col max-md:items-stretch">
        <CreditFields credits={credits} inputClass="h-8 text-sm max-md:h-[44px]" noteClass="min-w-0 flex-1" />
        <Button type="submit" size="small" className="figures" disabled={!credits.isComplete || acting.busy.has(FUND)}>
          {buttonText(amount, 'Fund')}
        </Button>
      </div>
      <p className="text-xs text-muted-foreground">
        {team.monthlyCredits === 0
          ? 'Nobody is alerted when what you give comes to its end: alerts follow the credits each month, of which there are none.'
          : 'Alerts follow the credits each month, not what you give.'}
      </p>
      {refusal ? (
        <p role="alert" className="text-sm text-destructive">
          {refusal}
        </p>
      ) : null}
    </form>
  );
}
