import { useNavigate } from '@remix-run/react';
import {
  type Audience,
  DeletePromptSetDocument,
  type ModelChoiceFragment,
  UpdatePromptSetDocument,
} from '../graphql/generated/graphql.ts';
import { Button } from '../ui/button.tsx';
import { plural } from '../ui/figures.ts';
import { Question } from '../ui/question.tsx';
import { PromptForm } from './prompt-form.tsx';
import { Refusal } from './refusal.tsx';
import { RunForm } from './run-form.tsx';
import { SetPrompts } from './set-prompts.tsx';
import { SharingChoice, type TeamChoice } from './sharing-choice.tsx';
import type { ShownSet } from './shown-set.ts';
import { useAction } from './use-action.ts';

interface SetPanelProps {
  set: ShownSet;
  /** The position behind which the next prompts stand; null: there are none. */
  nextAfter: number | null;
  models: readonly ModelChoiceFragment[];
  teams: readonly TeamChoice[];
}

/** A set: its prompts, with whom it is shared, and an evaluation by it. */
export function SetPanel({ set, nextAfter, models, teams }: SetPanelProps) {
  const action = useAction();
  const navigate = useNavigate();
  const share = (sharedWith: Audience, teamId: string | null) =>
    void action.act(UpdatePromptSetDocument, { id: set.id, input: { sharedWith, teamId } });
  return (
    <section aria-labelledby="set" className="flex flex-col gap-6">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <h2 id="set" className="scroll-mt-4 text-lg font-semibold">
          {set.name}{' '}
          <span className="figures font-normal text-muted-foreground">· {plural(set.promptCount, 'prompt')}</span>
        </h2>
        {set.own ? (
          <div className="flex flex-wrap items-center gap-2">
            <SharingChoice
              label="Shared with"
              audience={set.sharedWith}
              team={set.team}
              teams={teams}
              title="Share with all members?"
              text="Everybody here will read the prompts of this set and what is hoped for, also those that you add later."
              yes="Share with all members"
              onChoice={share}
            />
            <Question
              title="Delete this set?"
              text={`${plural(set.promptCount, 'prompt')} of “${set.name}” will be gone for good. Evaluations keep the prompts with which they began.`}
              yes="Delete the set"
              onYes={() =>
                void action
                  .act(DeletePromptSetDocument, { id: set.id })
                  .then((done) => done && navigate('/evaluations'))
              }
            >
              {(ask) => (
                <Button size="small" variant="danger" disabled={action.busy} onClick={ask}>
                  Delete the set
                </Button>
              )}
            </Question>
          </div>
        ) : (
          <p className="text-sm text-muted-foreground">
            Shared by <bdi>{set.ownerName}</bdi>
          </p>
        )}
      </div>
      <Refusal text={action.refusal} />
      <div className="grid grid-cols-2 gap-8 max-lg:grid-cols-1">
        <div className="flex min-w-0 flex-col gap-4">
          <SetPrompts set={set} nextAfter={nextAfter} />
          {set.own ? <PromptForm setId={set.id} /> : null}
        </div>
        <RunForm set={set} models={models} teams={teams} />
      </div>
    </section>
  );
}
