import { creditAccount as texts } from 'texts:account';
import type { ReactNode } from 'react';
import { Worth } from '../frame/credit-figures.tsx';
import { formatCount } from '../ui/figures.ts';
import { renewalDay } from '../ui/time.tsx';
import { useCredits } from './credit-meter.tsx';

/** The credit account as it is now. */
export function Account({ monthlyCredits }: { monthlyCredits: number }) {
  const { balance, held, available, renewsAt } = useCredits();
  return (
    <section aria-labelledby="account" className="flex flex-col gap-4">
      <h2 id="account" className="sr-only">
        {texts.credits}
      </h2>
      <dl className="figures flex flex-wrap gap-x-12 gap-y-4 max-md:grid max-md:grid-cols-2 max-md:gap-x-4">
        <Figure
          name={texts.available}
          value={formatCount(available)}
          note={
            <>
              {texts.forNext}
              <Worth credits={available} />
            </>
          }
          large
        />
        <Figure name={texts.balance} value={formatCount(balance)} note={texts.settled} />
        <Figure name={texts.held} value={formatCount(held)} note={texts.forAnswers} />
        <Figure name={texts.renews} value={renewalDay(renewsAt)} note={texts.toAtLeast({ credits: monthlyCredits })} />
      </dl>
      <Level available={available} held={held} whole={Math.max(monthlyCredits, balance)} />
    </section>
  );
}

function Figure({ name, value, note, large }: { name: string; value: string; note: ReactNode; large?: boolean }) {
  return (
    <div className="flex flex-col">
      <dt className="text-sm text-muted-foreground">{name}</dt>
      <dd className={large ? 'text-xl font-semibold' : 'text-xl'}>{value}</dd>
      <dd className="text-xs text-muted-foreground">{note}</dd>
    </div>
  );
}

/** A bar of the available and the held credits. It is an SVG since the page's Content-Security-Policy refuses style attributes. */
function Level({ available, held, whole }: { available: number; held: number; whole: number }) {
  const share = (value: number) => `${whole > 0 ? (value / whole) * 100 : 0}%`;
  return (
    <svg width="100%" height="6" aria-hidden="true" focusable="false" className="rounded-full">
      <rect width="100%" height="6" className="fill-muted" />
      <rect width={share(available + held)} height="6" className="fill-input" />
      <rect width={share(available)} height="6" className="fill-primary" />
    </svg>
  );
}
