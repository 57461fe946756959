import { type FormEvent, useId, useState } from 'react';
import { AdjustCreditsDocument, type UserFieldsFragment } from '../graphql/generated/graphql.ts';
import { Button } from '../ui/button.tsx';
import { formatCount, toCount } from '../ui/figures.ts';
import { Input } from '../ui/input.tsx';
import { Popover, PopoverContent, PopoverTrigger } from '../ui/popover.tsx';
import type { Acting } from './acting.ts';

/** Gives or takes credits. The member's ledger keeps the reason. */
export function AdjustCredits({ user, acting }: { user: UserFieldsFragment; acting: Acting }) {
  const [open, setOpen] = useState(false);
  return (
    <Popover open={open} onOpenChange={setOpen}>
      <PopoverTrigger asChild>
        <Button size="small" aria-label={`Adjust credits of ${user.name}`}>
          Credits
        </Button>
      </PopoverTrigger>
      <PopoverContent align="end" className="w-80 p-4" aria-label={`Adjust credits of ${user.name}`}>
        <AdjustForm user={user} acting={acting} onDone={() => setOpen(false)} />
      </PopoverContent>
    </Popover>
  );
}

function AdjustForm({ user, acting, onDone }: { user: UserFieldsFragment; acting: Acting; onDone: () => void }) {
  const fieldId = useId();
  const [typed, setTyped] = useState('');
  const [note, setNote] = useState('');
  const amount = toCount(typed);
  const refusal = acting.refusals.get(user.id);

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (!amount) return;
    const done = `${user.name} ${amount > 0 ? 'got' : 'lost'} ${formatCount(Math.abs(amount))} credits.`;
    if (await acting.act(user.id, AdjustCreditsDocument, { userId: user.id, amount, note }, done)) onDone();
  }

  return (
    <form className="flex flex-col gap-3" onSubmit={(event) => void submit(event)}>
      <div className="flex flex-col gap-1">
        <label htmlFor={`${fieldId}-amount`} className="text-sm font-medium">
          Credits to give (use a minus to take)
        </label>
        <Input
          id={`${fieldId}-amount`}
          inputMode="text"
          autoComplete="off"
          placeholder="50,000"
          className="figures h-9"
          aria-invalid={typed !== '' && amount === null}
          aria-describedby={`${fieldId}-after`}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
        <p id={`${fieldId}-after`} className="figures text-xs text-muted-foreground">
          {typed !== '' && amount === null
            ? 'A whole number, such as 50,000 or -2,000.'
            : `Balance ${formatCount(user.credits.balance)}${amount ? `, then ${formatCount(user.credits.balance + amount)}` : ''}`}
        </p>
      </div>
      <div className="flex flex-col gap-1">
        <label htmlFor={`${fieldId}-note`} className="text-sm font-medium">
          Why
        </label>
        <Input
          id={`${fieldId}-note`}
          maxLength={500}
          autoComplete="off"
          placeholder="Shown in the ledger"
          className="h-9"
          value={note}
          onChange={(event) => setNote(event.target.value)}
        />
      </div>
      {refusal ? (
        <p role="alert" className="text-sm text-destructive">
          {refusal}
        </p>
      ) : null}
      <Button
        type="submit"
        variant="primary"
        className="figures"
        disabled={!amount || !note.trim() || acting.busy.has(user.id)}
      >
        {!amount ? 'Adjust' : `${amount > 0 ? 'Give' : 'Take'} ${formatCount(Math.abs(amount))} credits`}
      </Button>
    </form>
  );
}
