import { judging as texts } from 'texts:chat';
import { type RefObject, useId, useState } from 'react';
import type { TurnFieldsFragment } from '../../graphql/generated/graphql.ts';
import { Button } from '../../ui/button.tsx';
import { classes } from '../../ui/classes.ts';
import { Input } from '../../ui/input.tsx';
import { type Ballot, type Contestant, formValue } from './contestants.ts';
import { useJudgingKeys } from './use-judging-keys.ts';
import { useTopics } from './use-topics.ts';
import type { Remarks } from './use-verdict.ts';

interface VerdictFormProps {
  turn: TurnFieldsFragment;
  contestants: readonly Contestant[];
  /** Whether the models are still secret: then the form asks for the verdict, else it only offers it. */
  hidden: boolean;
  newest: boolean;
  /** The row that holds the form. */
  row: RefObject<HTMLElement>;
  sending: boolean;
  problem: string | null;
  /** The verdict that is changed; null for a new one. */
  given: (Remarks & { pick: Ballot | null }) | null;
  onSend: (pick: Ballot, remarks: Remarks) => Promise<void>;
  /** Null: there is nothing to reveal. */
  onReveal: (() => void) | null;
  /** Null: the form does not change a verdict. */
  onCancel: (() => void) | null;
}

/** Asks which answer is best. Keys pick and send wherever they mean nothing else. */
export function VerdictForm(props: VerdictFormProps) {
  const { turn, contestants, hidden, newest, row, sending, problem, given } = props;
  const [pick, setPick] = useState(given?.pick ?? null);
  const [remarks, setRemarks] = useState<Remarks>({ topic: given?.topic ?? '', note: given?.note ?? '' });
  const name = useId();

  function send(): void {
    if (!pick || sending) return;
    void props.onSend(pick, remarks);
  }

  useJudgingKeys(row, { contestants, newest }, (action) => {
    if (action.type === 'send') return send();
    if (action.type === 'enter') return radioIn(row.current, pick)?.focus();
    setPick(action.pick);
    radioIn(row.current, action.pick)?.focus();
  });

  return (
    <form
      className="flex min-w-0 flex-1 basis-160 flex-col gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <div
        role="radiogroup"
        aria-labelledby={`${name}-title`}
        className="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-2 max-md:w-full"
      >
        <p className={classes(hidden ? 'font-medium' : 'text-muted-foreground')}>
          <span id={`${name}-title`}>{texts.question}</span>
          {newest ? (
            <span className="ms-2" title={texts.escLeadsHere}>
              {/* not read by people: the name of a key */}
              <Hint>Esc</Hint>
            </span>
          ) : null}
        </p>
        <div className="flex min-w-0 flex-wrap gap-1.5 max-md:w-full">
          {optionsOf(turn, contestants).map(({ pick: one, label, hint }) => (
            <Option
              key={formValue(one)}
              {...{ name, label, hint }}
              value={formValue(one)}
              checked={pick !== null && formValue(pick) === formValue(one)}
              onPick={() => setPick(one)}
            />
          ))}
        </div>
      </div>
      {/* A phone shows the fields when an answer is picked: before, they would cover the answers. */}
      <div
        className={classes('flex flex-wrap items-center gap-2 empty:hidden', !pick && 'max-md:[&_.with-pick]:hidden')}
      >
        {hidden || pick ? <RemarkFields remarks={remarks} onRemarks={setRemarks} /> : null}
        {hidden || pick ? (
          <Button
            type="submit"
            variant="primary"
            size="small"
            className="with-pick aria-disabled:opacity-50 max-md:h-[44px] max-md:flex-1"
            aria-disabled={!pick || sending}
            aria-keyshortcuts="Enter"
          >
            {texts.send} <Hint>⏎</Hint>
          </Button>
        ) : null}
        {props.onReveal ? (
          <Button
            variant="ghost"
            size="small"
            className="max-md:h-[44px]"
            title={texts.revealMeaning}
            disabled={sending}
            onClick={props.onReveal}
          >
            {texts.reveal}
          </Button>
        ) : null}
        {props.onCancel ? (
          <Button variant="ghost" size="small" className="max-md:h-[44px]" onClick={props.onCancel}>
            {texts.cancel}
          </Button>
        ) : null}
      </div>
      {turn.blind && !turn.verdict && (!hidden || knowsMerge(turn)) ? (
        <p className="text-xs text-muted-foreground">{hidden ? texts.mergeKnown : texts.modelsKnown}</p>
      ) : null}
      {problem ? (
        <p role="alert" className="w-full text-warning">
          <span aria-hidden="true">⚠ </span>
          {problem}
        </p>
      ) : null}
    </form>
  );
}

/** Whether a merge among hidden answers shows that it is one: it was asked for when they were there. */
function knowsMerge({ responses }: Pick<TurnFieldsFragment, 'responses'>): boolean {
  return responses.some(({ mergeMode }) => mergeMode === 'COMBINE');
}

/** What may be said, and the key that says it. */
function optionsOf({ blind }: Pick<TurnFieldsFragment, 'blind'>, contestants: readonly Contestant[]) {
  const best = contestants.map(({ responseId, lane, letter, modelName }) => ({
    pick: { kind: 'BEST' as const, responseId },
    label: blind ? texts.best({ letter }) : modelName,
    hint: lane < 9 ? String(lane + 1) : '',
  }));
  return [
    ...best,
    { pick: { kind: 'TIE' as const }, label: texts.tie, hint: 'T' },
    { pick: { kind: 'ALL_BAD' as const }, label: texts.allBad, hint: 'B' },
  ];
}

/** The radio button of a pick; the first one for none. */
function radioIn(row: HTMLElement | null, pick: Ballot | null): HTMLElement | null {
  const value = pick ? `[value="${CSS.escape(formValue(pick))}"]` : '';
  return row?.querySelector(`[type=radio]${value}`) ?? null;
}

interface OptionProps {
  name: string;
  value: string;
  label: string;
  /** The key that picks it; empty: none does. */
  hint: string;
  checked: boolean;
  onPick: () => void;
}

function Option({ name, value, label, hint, checked, onPick }: OptionProps) {
  return (
    <label
      className={classes(
        'relative flex h-8 cursor-pointer items-center gap-2 rounded-md border px-3 font-medium transition-colors has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-ring max-md:h-[44px] max-md:flex-1 max-md:justify-center',
        checked ? 'border-primary bg-primary-soft text-primary' : 'border-input bg-card hover:bg-hover',
      )}
    >
      <input
        type="radio"
        name={name}
        value={value}
        checked={checked}
        onChange={onPick}
        aria-keyshortcuts={hint || undefined}
        className="absolute inset-0 cursor-pointer appearance-none opacity-0"
      />
      <span className="truncate">{label}</span>
      {hint ? <Hint>{hint}</Hint> : null}
    </label>
  );
}

/** The key that does the same, where there is a keyboard. */
function Hint({ children }: { children: string }) {
  return (
    <span
      aria-hidden="true"
      className="rounded-sm border border-current/30 px-1 font-sans text-xs leading-4 pointer-coarse:hidden"
    >
      {children}
    </span>
  );
}

interface RemarkFieldsProps {
  remarks: Remarks;
  onRemarks: (remarks: Remarks) => void;
}

function RemarkFields({ remarks, onRemarks }: RemarkFieldsProps) {
  const listId = useId();
  const { topics, want } = useTopics();
  return (
    <div className="with-pick flex min-w-0 flex-wrap gap-1.5 max-md:w-full">
      <Input
        aria-label={texts.topic}
        placeholder={texts.topicOptional}
        list={listId}
        maxLength={80}
        className="h-8 w-36 text-sm max-md:h-[44px] max-md:w-auto max-md:min-w-0 max-md:flex-1"
        value={remarks.topic}
        onFocus={want}
        onChange={({ target }) => onRemarks({ ...remarks, topic: target.value })}
      />
      <datalist id={listId}>
        {topics.map((topic) => (
          <option key={topic} value={topic} />
        ))}
      </datalist>
      <Input
        aria-label={texts.note}
        placeholder={texts.noteOptional}
        maxLength={2000}
        className="h-8 w-52 text-sm max-md:h-[44px] max-md:w-auto max-md:min-w-0 max-md:flex-1"
        value={remarks.note}
        onChange={({ target }) => onRemarks({ ...remarks, note: target.value })}
      />
    </div>
  );
}
