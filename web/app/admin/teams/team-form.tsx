import { type FormEvent, type ReactNode, useId, useState } from 'react';
import {
  CreateTeamDocument,
  type ModelChoiceFragment,
  type TeamFieldsFragment,
  type TeamInput,
  UpdateTeamDocument,
} from '../../graphql/generated/graphql.ts';
import { Button } from '../../ui/button.tsx';
import { formatCount, toCount } from '../../ui/figures.ts';
import { Input } from '../../ui/input.tsx';
import type { Acting } from '../acting.ts';
import { ModelList } from './model-list.tsx';

interface TeamFormProps {
  /** Null: a new team is made. */
  team: TeamFieldsFragment | null;
  models: readonly ModelChoiceFragment[];
  acting: Acting;
}

/** The id of a team that is not there yet, among those that are acted on. */
const NEW = 'new';

/** Makes a team, or changes its name, its credits, its limit for each member, its models and how long its conversations stay. */
export function TeamForm({ team, models, acting }: TeamFormProps) {
  const [name, setName] = useState(team?.name ?? '');
  const [monthly, setMonthly] = useState(team ? formatCount(team.monthlyCredits) : '');
  const [limit, setLimit] = useState(team?.memberMonthlyCredits == null ? '' : formatCount(team.memberMonthlyCredits));
  const [modelIds, setModelIds] = useState<readonly string[] | null>(team?.models?.map(({ id }) => id) ?? null);
  const [days, setDays] = useState(team?.retentionDays == null ? '' : formatCount(team.retentionDays));
  const refusalId = useId();
  const id = team?.id ?? NEW;
  const refusal = acting.refusals.get(id);
  const [monthlyCredits, memberMonthlyCredits] = [toCredits(monthly), limit.trim() === '' ? null : toCredits(limit)];
  const retentionDays = days.trim() === '' ? null : toDays(days);
  const isComplete =
    name.trim() !== '' &&
    retentionDays !== undefined &&
    monthlyCredits !== undefined &&
    memberMonthlyCredits !== undefined &&
    (modelIds === null || modelIds.length > 0);

  async function save(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (!isComplete) return;
    const limits = { monthlyCredits, memberMonthlyCredits, retentionDays };
    const input: TeamInput = { name, ...limits, modelIds: modelIds && [...modelIds] };
    if (team) return void acting.act(id, UpdateTeamDocument, { id: team.id, input }, 'The team is changed.');
    if (!(await acting.act(id, CreateTeamDocument, { input }, `The team ${name.trim()} is there.`))) return;
    setName('');
    setMonthly('');
    setLimit('');
    setDays('');
    setModelIds(null);
  }

  return (
    <form className="flex flex-col gap-4" onSubmit={(event) => void save(event)}>
      <div className="grid grid-cols-4 gap-4 max-xl:grid-cols-2 max-md:grid-cols-1">
        <Field label="Name">
          {(id) => <Input id={id} maxLength={100} value={name} onChange={(event) => setName(event.target.value)} />}
        </Field>
        <Field label="Credits each month" note={hint(monthly, monthlyCredits) ?? 'The balance is topped up to this.'}>
          {(id) => (
            <Input
              id={id}
              className="figures"
              inputMode="numeric"
              placeholder="5,000,000"
              aria-invalid={monthly !== '' && monthlyCredits === undefined}
              value={monthly}
              onChange={(event) => setMonthly(event.target.value)}
            />
          )}
        </Field>
        <Field label="Limit for each member, a month" note={hint(limit, memberMonthlyCredits) ?? 'Empty: no limit.'}>
          {(id) => (
            <Input
              id={id}
              className="figures"
              inputMode="numeric"
              placeholder="no limit"
              aria-invalid={memberMonthlyCredits === undefined}
              value={limit}
              onChange={(event) => setLimit(event.target.value)}
            />
          )}
        </Field>
        <Field label="Days that conversations stay" note="Empty: as long as all others here.">
          {(id) => (
            <Input
              id={id}
              className="figures"
              inputMode="numeric"
              placeholder="as all others"
              aria-invalid={retentionDays === undefined}
              value={days}
              onChange={(event) => setDays(event.target.value)}
            />
          )}
        </Field>
      </div>
      <ModelList models={models} chosen={modelIds} onChosen={setModelIds} />
      {refusal ? (
        <p id={refusalId} role="alert" className="text-sm text-destructive">
          {refusal}
        </p>
      ) : null}
      <div>
        <Button
          type="submit"
          variant="primary"
          size="small"
          disabled={!isComplete || acting.busy.has(id)}
          aria-describedby={refusal ? refusalId : undefined}
        >
          {team ? 'Save' : 'Make the team'}
        </Button>
      </div>
    </form>
  );
}

/** Undefined: no number of credits. */
function toCredits(typed: string): number | undefined {
  const credits = toCount(typed);
  return credits !== null && credits >= 0 ? credits : undefined;
}

/** Undefined: no number of days. */
function toDays(typed: string): number | undefined {
  const days = toCount(typed);
  return days !== null && days >= 1 && days <= 36_500 ? days : undefined;
}

function hint(typed: string, credits: number | null | undefined): string | null {
  return typed.trim() !== '' && credits === undefined ? 'A whole number, such as 50,000.' : null;
}

function Field({ label, note, children }: { label: string; note?: string; children: (id: string) => ReactNode }) {
  const id = useId();
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      {children(id)}
      {note ? <p className="text-xs text-muted-foreground">{note}</p> : null}
    </div>
  );
}
