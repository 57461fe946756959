import { runs as texts } from 'texts:evaluations';
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
import { formatCount, formatShort } from '../ui/figures.ts';
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
  const pairsBy = evaluation.judgeOfSameFamily ? texts.pairsByFamily : texts.pairsBy;
  const open = (audience: Audience, teamId: string | null) =>
    void action.act(OpenEvaluationDocument, { id, judgedBy: audience, teamId });
  return (
    <section aria-label={texts.progress} className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p role="status" className="font-medium">
          {stateNames[state]}
          {decided ? `: ${texts.isBest({ model: decided.name })}` : ''}
        </p>
        <div className="flex flex-wrap items-center gap-2">
          <SharingChoice
            label={texts.judgedBy}
            audience={judgedBy}
            team={judgingTeam}
            teams={teams}
            title={texts.openQuestion}
            text={texts.openMeans}
            yes={texts.open}
            onChoice={open}
          />
          <Acts evaluation={evaluation} action={action} />
        </div>
      </div>
      {pause?.message ? <p className="rounded-md bg-warning-soft px-4 py-3 text-sm">{pause.message}</p> : null}
      <CutOff answers={progress.cutOff} />
      <Refusal text={action.refusal} />
      <progress
        aria-label={texts.sentAndAnswered}
        className="h-1.5 w-full overflow-hidden rounded-full [&::-moz-progress-bar]:bg-primary [&::-webkit-progress-bar]:bg-muted [&::-webkit-progress-value]:bg-primary"
        max={Math.max(1, all)}
        value={progress.ended + progress.refused}
      />
      <dl className="grid grid-cols-4 overflow-hidden rounded-lg border bg-card max-lg:grid-cols-2">
        <Figure name={texts.sent} value={texts.sentOf({ sent: progress.ended, all })}>
          {progress.refused > 0
            ? texts.refused({ count: progress.refused })
            : texts.prompts({ count: progress.prompts })}
        </Figure>
        <Figure name={texts.credits} value={formatShort(progress.credits)}>
          {texts.ofAtMost({ credits: formatShort(creditsMax) })}
        </Figure>
        <Figure name={texts.judge} value={judge ? formatCount(progress.judged) : '–'}>
          {judge ? pairsBy({ judge: judge.name, abstained: progress.abstained }) : texts.onlyPeople}
        </Figure>
        <Figure name={texts.people} value={formatCount(progress.verdicts)}>
          {progress.verdicts === 0
            ? texts.notJudged
            : texts.verdictsBy({ people: progress.people, blind: progress.blindVerdicts })}
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
          {texts.pause}
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
          {pause?.code === 'LIMIT' ? texts.doubleLimit : texts.goOn}
        </Button>
      ) : null}
      {state === 'RUNNING' || state === 'PAUSED' ? (
        <Button size="small" disabled={action.busy} onClick={() => void action.act(StopEvaluationDocument, { id })}>
          {texts.stop}
        </Button>
      ) : (
        <Question
          title={texts.deleteQuestion}
          text={texts.deleteMeans({ credits: formatCount(progress.credits) })}
          yes={texts.delete}
          onYes={() =>
            void action.act(DeleteEvaluationDocument, { id }).then((done) => done && navigate('/evaluations'))
          }
        >
          {(ask) => (
            <Button size="small" variant="danger" disabled={action.busy} onClick={ask}>
              {texts.delete}
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
      {texts.cutOff({ count: answers })}
    </p>
  );
}

function Figure({ name, value, children }: { name: string; value: string; children: ReactNode }) {
  return (
    <div className="-me-px -mb-px flex flex-col border-e border-b px-4 py-3">
      <dt className="text-sm text-muted-foreground">{name}</dt>
      <dd className="figures text-xl font-semibold">{value}</dd>
      <dd className="figures text-xs text-muted-foreground">{children}</dd>
    </div>
  );
}
