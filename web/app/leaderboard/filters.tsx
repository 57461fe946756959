import { words as texts } from 'texts:leaderboard';
import { Form, useNavigation, useSearchParams, useSubmit } from '@remix-run/react';
import type { ReactNode } from 'react';
import { Button } from '../ui/button.tsx';
import { Input } from '../ui/input.tsx';
import { Segments } from '../ui/segments.tsx';
import { Select } from '../ui/select.tsx';
import type { BoardView } from './board-view.ts';

interface FiltersProps {
  view: BoardView;
  topics: readonly { topic: string; verdicts: number }[];
  teams: readonly { id: string; name: string }[];
  /** The current day at the server, in UTC. */
  today: string;
}

/** Which verdicts the board counts. The address keeps it, so that a view can be sent to somebody. */
export function Filters({ view, topics, teams, today }: FiltersProps) {
  const [search] = useSearchParams();
  const submit = useSubmit();
  const busy = useNavigation().state === 'loading';
  const withSource = (by: string | null) => {
    const next = new URLSearchParams(search);
    if (by === null) next.delete('by');
    else next.set('by', by);
    return `?${next}`;
  };
  return (
    <div className="flex flex-wrap items-end gap-x-6 gap-y-3">
      <Segments
        label={texts.whoseVerdicts}
        segments={[
          { label: texts.members, to: withSource(null), current: view.source === 'MEMBERS' },
          { label: texts.judgingModels, to: withSource('judges'), current: view.source === 'JUDGES' },
        ]}
      />
      <Form
        replace
        preventScrollReset
        key={`${search}`}
        aria-label={texts.whichCount}
        className="flex flex-wrap items-end gap-x-4 gap-y-3"
        onChange={({ target, currentTarget }) => {
          // A day is typed in pieces: it counts once the button or Enter sends it.
          if (!(target instanceof HTMLInputElement && target.type === 'date')) {
            submit(currentTarget, { replace: true, preventScrollReset: true });
          }
        }}
      >
        {view.source === 'JUDGES' ? <input type="hidden" name="by" value="judges" /> : null}
        <Field label={texts.from}>
          <Input
            type="date"
            name="from"
            defaultValue={view.from ?? ''}
            max={today}
            className="figures h-8 w-36 px-2 text-sm"
          />
        </Field>
        <Field label={texts.to}>
          <Input
            type="date"
            name="to"
            defaultValue={view.to ?? ''}
            max={today}
            className="figures h-8 w-36 px-2 text-sm"
          />
        </Field>
        <Choice label={texts.topic} name="topic" value={view.topic} all={texts.allTopics} className="max-w-44">
          {topics.map(({ topic, verdicts }) => (
            <option key={topic} value={topic}>
              {texts.topicVerdicts({ topic, verdicts })}
            </option>
          ))}
        </Choice>
        {teams.length > 0 ? (
          <Choice label={texts.paidBy} name="team" value={view.teamId} all={texts.anybody} className="max-w-44">
            {teams.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </Choice>
        ) : null}
        <label className="flex h-8 items-center gap-2 text-sm max-md:h-[44px]">
          <input type="checkbox" name="all" defaultChecked={!view.blindOnly} className="size-4 accent-primary" />
          {texts.countOpen}
        </label>
        <Button size="small" type="submit" aria-disabled={busy}>
          {texts.show}
        </Button>
      </Form>
    </div>
  );
}

function Field({ label, children }: { label: string; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the field is among the children
    <label className="flex flex-col gap-1 text-xs text-muted-foreground">
      {label}
      <span className="text-foreground">{children}</span>
    </label>
  );
}

interface ChoiceProps {
  label: string;
  name: string;
  value: string | null;
  /** What the choice of nothing is called. */
  all: string;
  className: string;
  children: ReactNode;
}

function Choice({ label, name, value, all, className, children }: ChoiceProps) {
  return (
    <Field label={label}>
      <Select name={name} defaultValue={value ?? ''} className={className}>
        <option value="">{all}</option>
        {children}
      </Select>
    </Field>
  );
}
