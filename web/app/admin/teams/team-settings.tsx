import { type FormEvent, useId, useState } from 'react';
import {
  AdjustTeamCreditsDocument,
  type ModelChoiceFragment,
  type TeamFieldsFragment,
  UpdateTeamDocument,
} from '../../graphql/generated/graphql.ts';
import { Button } from '../../ui/button.tsx';
import { formatCount, toCount } from '../../ui/figures.ts';
import { Input } from '../../ui/input.tsx';
import { Question } from '../../ui/question.tsx';
import { type Acting, useActing } from '../acting.ts';
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
  const fieldId = useId();
  const [typed, setTyped] = useState('');
  const [note, setNote] = useState('');
  const amount = toCount(typed);
  const refusal = acting.refusals.get(FUND);

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (!amount) return;
    const done = `${team.name} ${amount > 0 ? 'got' : 'lost'} ${formatCount(Math.abs(amount))} credits.`;
    if (!(await acting.act(FUND, AdjustTeamCreditsDocument, { teamId: team.id, amount, note }, done))) return;
    setTyped('');
    setNote('');
  }

  return (
    <form className="flex flex-col gap-2" onSubmit={(event) => void submit(event)}>
      <div className="flex flex-wrap items-end gap-4 max-md:flex-col max-md:items-stretch">
        <div className="flex flex-col gap-1">
          <label htmlFor={`${fieldId}-amount`} className="text-sm font-medium">
            Credits to give (use a minus to take)
          </label>
          <Input
            id={`${fieldId}-amount`}
            autoComplete="off"
            placeholder="50,000"
            className="figures h-8 text-sm"
            aria-invalid={typed !== '' && amount === null}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
        </div>
        <div className="flex min-w-0 flex-1 flex-col gap-1">
          <label htmlFor={`${fieldId}-note`} className="text-sm font-medium">
            Why
          </label>
          <Input
            id={`${fieldId}-note`}
            maxLength={500}
            autoComplete="off"
            placeholder="Shown in the ledger"
            className="h-8 text-sm"
            value={note}
            onChange={(event) => setNote(event.target.value)}
          />
        </div>
        <Button
          type="submit"
          size="small"
          className="figures"
          disabled={!amount || !note.trim() || acting.busy.has(FUND)}
        >
          {!amount ? 'Fund' : `${amount > 0 ? 'Give' : 'Take'} ${formatCount(Math.abs(amount))} credits`}
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
