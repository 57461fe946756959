import { useNavigate } from '@remix-run/react';
import type { ReactNode } from 'react';
import {
  type Audience,
  DeleteEvaluationDocument,
  type EvaluationFieldsFragment,
  OpenEvaluationDocument,
  PauseEvaluationDocument,
  ResumeEvaluationDocument,
  StopEvaluationDocument,
} from '../graphql/generated/graphql.ts';
import { Button } from '../ui/button.tsx';
import { formatCount, formatShort, plural } from '../ui/figures.ts';
import { Question } from '../ui/question.tsx';
import { stateNames } from './evaluation-list.tsx';
import { Refusal } from './refusal.tsx';
import { SharingChoice, type TeamChoice } from './sharing-choice.tsx';
import { type Action, useAction } from './use-action.ts';

interface EvaluationHeadProps {
  evaluation: EvaluationFieldsFragment;
  teams: readonly TeamChoice[];
}

/** How far an evaluation is, and what its owner may do about it. */
export function EvaluationHead({ evaluation, teams }: EvaluationHeadProps) {
  const { id, state, pause, progress, creditsMax, judge, decided, judgedBy, judgingTeam } = evaluation;
  const action = useAction();
  const all = progress.waiting + progress.running + progress.ended + progress.refused;
  const open = (audience: Audience, teamId: string | null) =>
    void action.act(OpenEvaluationDocument, { id, judgedBy: audience, teamId });
  return (
    <section aria-label="Progress" className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p role="status" className="font-medium">
          {stateNames[state]}
          {decided ? `: ${decided.name} is better than all others` : ''}
        </p>
        <div className="flex flex-wrap items-center gap-2">
          <SharingChoice
            label="Judged by you and"
            audience={judgedBy}
            team={judgingTeam}
            teams={teams}
            title="Let all members judge?"
            text="Everybody here will read the prompts, what is hoped for, and the answers, without their models’ names."
            yes="Let all members judge"
            onChoice={open}
          />
          <Acts evaluation={evaluation} action={action} />
        </div>
      </div>
      {pause?.message ? <p className="rounded-md bg-warning-soft px-4 py-3 text-sm">{pause.message}</p> : null}
      <CutOff answers={progress.cutOff} />
      <Refusal text={action.refusal} />
      <progress
        aria-label="Prompts sent and answered"
        className="h-1.5 w-full overflow-hidden rounded-full [&::-moz-progress-bar]:bg-primary [&::-webkit-progress-bar]:bg-muted [&::-webkit-progress-value]:bg-primary"
        max={Math.max(1, all)}
        value={progress.ended + progress.refused}
      />
      <dl className="grid grid-cols-4 overflow-hidden rounded-lg border bg-card max-lg:grid-cols-2">
        <Figure name="Sent" value={`${formatCount(progress.ended)} of ${formatCount(all)}`}>
          {progress.refused > 0
            ? `${formatCount(progress.refused)} refused`
            : `${formatCount(progress.prompts)} prompts`}
        </Figure>
        <Figure name="Credits" value={formatShort(progress.credits)}>
          of at most {formatShort(creditsMax)}
        </Figure>
        <Figure name="Judge" value={judge ? formatCount(progress.judged) : '–'}>
          {judge
            ? `pairs by ${judge.name}${evaluation.judgeOfSameFamily ? ', of the same family' : ''}; abstains on ${formatCount(progress.abstained)}`
            : 'only people judge'}
        </Figure>
        <Figure name="People" value={formatCount(progress.verdicts)}>
          {progress.verdicts === 0
            ? 'have not judged yet'
            : `verdicts by ${formatCount(progress.people)}; ${formatCount(progress.blindVerdicts)} blind`}
        </Figure>
      </dl>
    </section>
  );
}

/** Pauses an evaluation, goes on with it, stops it, or deletes it. */
function Acts({ evaluation, action }: { evaluation: EvaluationFieldsFragment; action: Action }) {
  const { id, state, pause, progress, creditsMax } = evaluation;
  const navigate = useNavigate();
  return (
    <div className="flex gap-2">
      {state === 'RUNNING' ? (
        <Button size="small" disabled={action.busy} onClick={() => void action.act(PauseEvaluationDocument, { id })}>
          Pause
        </Button>
      ) : null}
      {state === 'PAUSED' ? (
        <Button
          size="small"
          variant="primary"
          disabled={action.busy}
          onClick={() =>
            void action.act(ResumeEvaluationDocument, {
              id,
              creditsMax: pause?.code === 'LIMIT' ? 2 * Math.max(creditsMax, progress.credits) : null,
            })
          }
        >
          {pause?.code === 'LIMIT' ? 'Double the limit, and go on' : 'Go on'}
        </Button>
      ) : null}
      {state === 'RUNNING' || state === 'PAUSED' ? (
        <Button size="small" disabled={action.busy} onClick={() => void action.act(StopEvaluationDocument, { id })}>
          Stop
        </Button>
      ) : (
        <Question
          title="Delete this evaluation?"
          text={`Its answers and figures are gone for good. The ${formatCount(progress.credits)} credits that they cost are not given back; verdicts count on.`}
          yes="Delete"
          onYes={() =>
            void action.act(DeleteEvaluationDocument, { id }).then((done) => done && navigate('/evaluations'))
          }
        >
          {(ask) => (
            <Button size="small" variant="danger" disabled={action.busy} onClick={ask}>
              Delete
            </Button>
          )}
        </Question>
      )}
    </div>
  );
}

function CutOff({ answers }: { answers: number }) {
  if (answers === 0) return null;
  return (
    <p className="text-sm text-muted-foreground">
      <span aria-hidden="true">‖ </span>
      {plural(answers, 'answer')} ended half-written when a server stopped. What had been written was charged, and is
      not asked for again.
    </p>
  );
}

function Figure({ name, value, children }: { name: string; value: string; children: ReactNode }) {
  return (
    <div className="-mr-px -mb-px flex flex-col border-r border-b px-4 py-3">
      <dt className="text-sm text-muted-foreground">{name}</dt>
      <dd className="figures text-xl font-semibold">{value}</dd>
      <dd className="figures text-xs text-muted-foreground">{children}</dd>
    </div>
  );
}
