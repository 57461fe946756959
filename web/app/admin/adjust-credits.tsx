import { creditFields as texts } from 'texts:admin';
import { type FormEvent, useState } from 'react';
import { AdjustCreditsDocument, type UserFieldsFragment } from '../graphql/generated/graphql.ts';
import { Button } from '../ui/button.tsx';
import { formatCount } from '../ui/figures.ts';
import { Popover, PopoverContent, PopoverTrigger } from '../ui/popover.tsx';
import type { Acting } from './acting.ts';
import { buttonText, CreditFields, doneText, useTypedCredits } from './credit-fields.tsx';

/** Gives or takes credits. The member's ledger keeps the reason. */
export function AdjustCredits({ user, acting }: { user: UserFieldsFragment; acting: Acting }) {
  const [open, setOpen] = useState(false);
  return (
    <Popover open={open} onOpenChange={setOpen}>
      <PopoverTrigger asChild>
        <Button size="small" aria-label={texts.adjustOf({ name: user.name })}>
          {texts.credits}
        </Button>
      </PopoverTrigger>
      <PopoverContent align="end" className="w-80 p-4" aria-label={texts.adjustOf({ name: user.name })}>
        <AdjustForm user={user} acting={acting} onDone={() => setOpen(false)} />
      </PopoverContent>
    </Popover>
  );
}

function AdjustForm({ user, acting, onDone }: { user: UserFieldsFragment; acting: Acting; onDone: () => void }) {
  const credits = useTypedCredits();
  const { typed, note, amount } = credits;
  const { balance } = user.credits;
  const refusal = acting.refusals.get(user.id);

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (!amount) return;
    const variables = { userId: user.id, amount, note };
    if (await acting.act(user.id, AdjustCreditsDocument, variables, doneText(user.name, amount))) onDone();
  }

  return (
    <form className="flex flex-col gap-3" onSubmit={(event) => void submit(event)}>
      <CreditFields
        credits={credits}
        inputClass="h-9"
        after={
          typed !== '' && amount === null
            ? texts.wrongAmount({ example: formatCount(50_000), negative: formatCount(-2000) })
            : amount
              ? texts.balanceThen({ balance: formatCount(balance), after: formatCount(balance + amount) })
              : texts.balance({ balance: formatCount(balance) })
        }
      />
      {refusal ? (
        <p role="alert" className="text-sm text-destructive">
          {refusal}
        </p>
      ) : null}
      <Button
        type="submit"
        variant="primary"
        className="figures"
        disabled={!credits.isComplete || acting.busy.has(user.id)}
      >
        {buttonText(amount, texts.adjust)}
      </Button>
    </form>
  );
}
