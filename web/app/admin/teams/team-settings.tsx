import { teamForm as texts } from 'texts:admin';
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
      archived ? texts.isArchived : texts.inUseAgain,
    );
  return (
    <section aria-labelledby="team-settings" className="flex flex-col gap-6">
      <h2 id="team-settings" className="text-lg font-semibold">
        {texts.settings}
      </h2>
      <TeamForm team={team} models={models} acting={acting} />
      <Fund team={team} acting={acting} />
      <div>
        {team.archived ? (
          <Button size="small" disabled={acting.busy.has(team.id)} onClick={() => archive(false)}>
            {texts.useAgain}
          </Button>
        ) : (
          <Question
            title={texts.archiveAsk({ name: team.name })}
            text={texts.archiveWhy}
            yes={texts.archiveYes}
            onYes={() => archive(true)}
          >
            {(ask) => (
              <Button size="small" variant="danger" disabled={acting.busy.has(team.id)} onClick={ask}>
                {texts.archive}
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
          {buttonText(amount, texts.fund)}
        </Button>
      </div>
      <p className="text-xs text-muted-foreground">{team.monthlyCredits === 0 ? texts.noAlerts : texts.alerts}</p>
      {refusal ? (
        <p role="alert" className="text-sm text-destructive">
          {refusal}
        </p>
      ) : null}
    </form>
  );
}
