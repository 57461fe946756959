import { creditFields as texts } from 'texts:admin';
import { useId, useState } from 'react';
import { classes } from '../ui/classes.ts';
import { formatCount, toCount } from '../ui/figures.ts';
import { Input } from '../ui/input.tsx';

/** Credits to give or to take, and why, as an admin types them. */
export interface TypedCredits {
  typed: string;
  note: string;
  /** Null: what is typed is no whole number. */
  amount: number | null;
  isComplete: boolean;
  setTyped: (typed: string) => void;
  setNote: (note: string) => void;
}

export function useTypedCredits(): TypedCredits {
  const [typed, setTyped] = useState('');
  const [note, setNote] = useState('');
  const amount = toCount(typed);
  return { typed, note, amount, isComplete: Boolean(amount) && note.trim() !== '', setTyped, setNote };
}

/** What the button does with the amount; `idle` while there is none. */
export function buttonText(amount: number | null, idle: string): string {
  if (!amount) return idle;
  return amount > 0 ? texts.give({ amount }) : texts.take({ amount: -amount });
}

/** What is told once it is done. */
export function doneText(name: string, amount: number): string {
  return amount > 0 ? texts.got({ name, amount }) : texts.lost({ name, amount: -amount });
}

interface CreditFieldsProps {
  credits: TypedCredits;
  /** The classes of each input, and of the note's field. */
  inputClass: string;
  noteClass?: string;
  /** A line below the amount: what comes of it, or what is wrong with it. */
  after?: string;
}

export function CreditFields({ credits, inputClass, noteClass, after }: CreditFieldsProps) {
  const fieldId = useId();
  const { typed, note, amount, setTyped, setNote } = credits;
  return (
    <>
      <div className="flex flex-col gap-1">
        <label htmlFor={`${fieldId}-amount`} className="text-sm font-medium">
          {texts.toGive}
        </label>
        <Input
          id={`${fieldId}-amount`}
          autoComplete="off"
          placeholder={formatCount(50_000)}
          className={classes('figures', inputClass)}
          aria-invalid={typed !== '' && amount === null}
          aria-describedby={after === undefined ? undefined : `${fieldId}-after`}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
        {after === undefined ? null : (
          <p id={`${fieldId}-after`} className="figures text-xs text-muted-foreground">
            {after}
          </p>
        )}
      </div>
      <div className={classes('flex flex-col gap-1', noteClass)}>
        <label htmlFor={`${fieldId}-note`} className="text-sm font-medium">
          {texts.why}
        </label>
        <Input
          id={`${fieldId}-note`}
          maxLength={500}
          autoComplete="off"
          placeholder={texts.inLedger}
          className={inputClass}
          value={note}
          onChange={(event) => setNote(event.target.value)}
        />
      </div>
    </>
  );
}
