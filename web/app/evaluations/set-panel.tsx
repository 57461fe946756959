import { sets as texts } from 'texts:evaluations';
import { useNavigate } from '@remix-run/react';
import {
  type Audience,
  DeletePromptSetDocument,
  type ModelChoiceFragment,
  UpdatePromptSetDocument,
} from '../graphql/generated/graphql.ts';
import { sentence } from '../languages/sentence.tsx';
import { Button } from '../ui/button.tsx';
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
          <span className="figures font-normal text-muted-foreground">
            · {texts.promptCount({ count: set.promptCount })}
          </span>
        </h2>
        {set.own ? (
          <div className="flex flex-wrap items-center gap-2">
            <SharingChoice
              label={texts.sharedWith}
              audience={set.sharedWith}
              team={set.team}
              teams={teams}
              title={texts.shareWithAllQuestion}
              text={texts.shareWithAllMeans}
              yes={texts.shareWithAll}
              onChoice={share}
            />
            <Question
              title={texts.deleteSetQuestion}
              text={texts.deleteSetMeans({ count: set.promptCount, name: set.name })}
              yes={texts.deleteSet}
              onYes={() =>
                void action
                  .act(DeletePromptSetDocument, { id: set.id })
                  .then((done) => done && navigate('/evaluations'))
              }
            >
              {(ask) => (
                <Button size="small" variant="danger" disabled={action.busy} onClick={ask}>
                  {texts.deleteSet}
                </Button>
              )}
            </Question>
          </div>
        ) : (
          <p className="text-sm text-muted-foreground">
            {sentence(texts.sharedBy, { name: <bdi>{set.ownerName}</bdi> })}
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
