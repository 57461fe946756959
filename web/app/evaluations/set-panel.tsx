import { useNavigate, useSearchParams } from '@remix-run/react';
import { X } from 'lucide-react';
import {
  type Audience,
  DeletePromptSetDocument,
  type ModelChoiceFragment,
  RemovePromptsFromSetDocument,
  UpdatePromptSetDocument,
} from '../graphql/generated/graphql.ts';
import { Button } from '../ui/button.tsx';
import { classes } from '../ui/classes.ts';
import { formatCount, plural } from '../ui/figures.ts';
import { Pages } from '../ui/pages.tsx';
import { Question } from '../ui/question.tsx';
import { PromptForm } from './prompt-form.tsx';
import { Refusal } from './refusal.tsx';
import { RunForm } from './run-form.tsx';
import { SharingChoice, type TeamChoice } from './sharing-choice.tsx';
import type { ShownSet } from './shown-set.ts';
import { type Action, useAction } from './use-action.ts';

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
        <h2 id="set" className="text-lg font-semibold">
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
          <p className="text-sm text-muted-foreground">Shared by {set.ownerName}</p>
        )}
      </div>
      <Refusal text={action.refusal} />
      <div className="grid grid-cols-2 gap-8 max-lg:grid-cols-1">
        <div className="flex min-w-0 flex-col gap-4">
          <Prompts set={set} nextAfter={nextAfter} action={action} />
          {set.own ? <PromptForm setId={set.id} /> : null}
        </div>
        <RunForm set={set} models={models} teams={teams} />
      </div>
    </section>
  );
}

interface PromptsProps extends Pick<SetPanelProps, 'set' | 'nextAfter'> {
  action: Action;
}

/** A page of the set's prompts, which the address tells. */
function Prompts({ set, nextAfter, action }: PromptsProps) {
  const [search] = useSearchParams();
  const isFirst = !search.has('after');
  if (set.promptCount === 0) return <p className="text-sm text-muted-foreground">This set has no prompts yet.</p>;
  return (
    <div className="flex flex-col gap-2">
      {set.prompts.length > 0 ? (
        <ol
          aria-label="Prompts of the set"
          className={classes('divide-y rounded-lg border bg-card text-sm', set.own && 'max-h-80 overflow-y-auto')}
        >
          {set.prompts.map(({ id, prompt, reference, topic }) => (
            <li key={id} className="flex items-start gap-2 px-3 py-2">
              <div className="min-w-0 flex-1">
                <p className="line-clamp-2 wrap-anywhere">{prompt}</p>
                {reference || topic ? (
                  <p className="line-clamp-1 text-xs text-muted-foreground">
                    {[topic, reference && `hoped for: ${reference}`].filter(Boolean).join(' · ')}
                  </p>
                ) : null}
              </div>
              {set.own ? (
                <Button
                  variant="ghost"
                  size="icon"
                  aria-label={`Remove “${prompt.slice(0, 40)}”`}
                  disabled={action.busy}
                  onClick={() => void action.act(RemovePromptsFromSetDocument, { id: set.id, promptIds: [id] })}
                >
                  <X />
                </Button>
              ) : null}
            </li>
          ))}
        </ol>
      ) : null}
      {isFirst && nextAfter === null ? null : (
        <div className="flex flex-wrap items-center justify-between gap-2">
          <p className="figures text-sm text-muted-foreground">
            {isFirst ? 'The first ' : ''}
            {formatCount(set.prompts.length)} of {plural(set.promptCount, 'prompt')}
          </p>
          <Pages
            label="Pages of the prompts"
            pageInfo={{ hasNextPage: nextAfter !== null, endCursor: nextAfter === null ? null : String(nextAfter) }}
            first="First"
            next="Next"
          />
        </div>
      )}
    </div>
  );
}
