import { teamForm as texts } from 'texts:admin';
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
import { Question } from '../../ui/question.tsx';
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

  async function save(): Promise<void> {
    if (!isComplete) return;
    const limits = { monthlyCredits, memberMonthlyCredits, retentionDays };
    const input: TeamInput = { name, ...limits, modelIds: modelIds && [...modelIds] };
    if (team) return void acting.act(id, UpdateTeamDocument, { id: team.id, input }, texts.changed);
    if (!(await acting.act(id, CreateTeamDocument, { input }, texts.made({ name: name.trim() })))) return;
    setName('');
    setMonthly('');
    setLimit('');
    setDays('');
    setModelIds(null);
  }

  return (
    <Question
      title={texts.keepOnly({ days: retentionDays ?? 0 })}
      text={texts.keepOnlyWhy({ team: team?.name ?? '' })}
      yes={texts.keepOnlyYes}
      onYes={() => void save()}
    >
      {(ask) => (
        <form
          className="flex flex-col gap-4"
          onSubmit={(event: FormEvent) => {
            event.preventDefault();
            if (isComplete && team && isShorter(retentionDays, team.retentionDays)) ask();
            else void save();
          }}
        >
          <div className="grid grid-cols-4 gap-4 max-xl:grid-cols-2 max-md:grid-cols-1">
            <Field label={texts.name}>
              {(id) => <Input id={id} maxLength={100} value={name} onChange={(event) => setName(event.target.value)} />}
            </Field>
            <NumberField
              label={texts.creditsEachMonth}
              note={hint(monthly, monthlyCredits) ?? texts.toppedUpTo}
              placeholder={formatCount(5_000_000)}
              typed={monthly}
              isWrong={monthly !== '' && monthlyCredits === undefined}
              onTyped={setMonthly}
            />
            <NumberField
              label={texts.limit}
              note={hint(limit, memberMonthlyCredits) ?? texts.limitHint}
              placeholder={texts.noLimit}
              typed={limit}
              isWrong={memberMonthlyCredits === undefined}
              onTyped={setLimit}
            />
            <NumberField
              label={texts.days}
              note={texts.daysHint}
              placeholder={texts.asOthers}
              typed={days}
              isWrong={retentionDays === undefined}
              onTyped={setDays}
            />
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
              {team ? texts.save : texts.make}
            </Button>
          </div>
        </form>
      )}
    </Question>
  );
}

/** Whether conversations are kept for fewer days than before; none is for ever, or as the server says. */
function isShorter(days: number | null, before: number | null | undefined): boolean {
  return days !== null && (before == null || days < before);
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
  return typed.trim() !== '' && credits === undefined ? texts.wholeNumber({ example: formatCount(50_000) }) : null;
}

interface NumberFieldProps {
  label: string;
  note: string;
  placeholder: string;
  typed: string;
  isWrong: boolean;
  onTyped: (typed: string) => void;
}

function NumberField({ label, note, placeholder, typed, isWrong, onTyped }: NumberFieldProps) {
  return (
    <Field label={label} note={note}>
      {(id) => (
        <Input
          id={id}
          className="figures"
          inputMode="numeric"
          placeholder={placeholder}
          aria-invalid={isWrong}
          value={typed}
          onChange={(event) => onTyped(event.target.value)}
        />
      )}
    </Field>
  );
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
