import { house as texts } from 'texts:admin';
import { SetDollarsShownDocument } from '../../graphql/generated/graphql.ts';
import { Switch } from '../../ui/switch.tsx';
import { useActing } from '../acting.ts';

/** Whether members see dollars beside credits. */
export function ShownMoney({ shown }: { shown: boolean }) {
  const { act, busy, refusals } = useActing();
  const refusal = refusals.get('money');
  const change = (to: boolean) =>
    void act('money', SetDollarsShownDocument, { shown: to }, to ? texts.dollarsShown : texts.creditsOnly);
  return (
    <section aria-labelledby="money" className="flex flex-col gap-2">
      <h2 id="money" className="text-lg font-semibold">
        {texts.moneyTitle}
      </h2>
      <div className="flex items-start gap-4">
        <p className="flex-1 text-sm text-muted-foreground">{texts.money}</p>
        <Switch aria-label={texts.showDollars} checked={shown} disabled={busy.has('money')} onCheckedChange={change} />
      </div>
      {refusal ? (
        <p role="alert" className="text-sm text-destructive">
          {refusal}
        </p>
      ) : null}
    </section>
  );
}
