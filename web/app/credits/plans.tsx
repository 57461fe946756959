import { plans as texts } from 'texts:account';
import { connection } from 'texts:everywhere';
import { useRevalidator } from '@remix-run/react';
import { Check, ChevronRight } from 'lucide-react';
import { useState } from 'react';
import { useClient } from 'urql';
import {
  ChangePlanDocument,
  type PlanFragment,
  type PlanModelsFragment,
  type TierId,
} from '../graphql/generated/graphql.ts';
import { errorWords } from '../graphql/refusal.ts';
import { sentence, tagged } from '../languages/sentence.tsx';
import { Button } from '../ui/button.tsx';
import { classes } from '../ui/classes.ts';
import { ProviderMark } from '../ui/provider-mark.tsx';
import { useToast } from '../ui/toast.tsx';

interface PlansProps {
  /** From the smallest to the largest: each has the models of those before it. */
  plans: readonly (PlanFragment & PlanModelsFragment)[];
  current: TierId;
  /** Whether members may change their plan themselves. */
  changeable: boolean;
}

/** The plans with their limits, the member's own among them. */
export function Plans({ plans, current, changeable }: PlansProps) {
  const client = useClient();
  const toast = useToast();
  const revalidator = useRevalidator();
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);

  async function change(plan: PlanFragment): Promise<void> {
    setBusy(true);
    const { data, error } = await client.mutation(ChangePlanDocument, { tier: plan.id }).toPromise();
    setBusy(false);
    if (!data) return setRefusal(errorWords(error) ?? connection.unreached);
    setRefusal(null);
    revalidator.revalidate();
    toast({ text: texts.changed({ plan: plan.name }) });
  }

  return (
    <section aria-labelledby="plan" className="flex flex-col gap-4">
      <div>
        <h2 id="plan" className="text-lg font-semibold">
          {texts.plan}
        </h2>
        <p className="text-sm text-muted-foreground">
          {changeable
            ? tagged(texts.demo, {
                b: (children) => <span className="font-medium text-foreground">{children}</span>,
              })
            : texts.adminOnly}
        </p>
      </div>
      <ul className="grid grid-cols-3 gap-4 max-md:grid-cols-1">
        {plans.map((plan, index) => (
          <li
            key={plan.id}
            aria-current={plan.id === current ? 'true' : undefined}
            className={classes(
              'flex flex-col gap-3 rounded-lg border bg-card p-4',
              plan.id === current && 'border-primary',
            )}
          >
            <div className="flex h-8 items-center justify-between gap-2">
              <h3 className="font-semibold">{plan.name}</h3>
              {plan.id === current ? (
                <span className="flex items-center gap-1 text-sm text-primary">
                  <Check className="size-4" aria-hidden="true" /> {texts.yours}
                </span>
              ) : changeable ? (
                <Button size="small" disabled={busy} onClick={() => void change(plan)}>
                  {/* With the plan's name in sight, the button would be wider than the plan. */}
                  <span>
                    {sentence(
                      texts.changeTo,
                      { plan: plan.name },
                      { hidden: (children) => <span className="sr-only">{children}</span> },
                    )}
                  </span>
                </Button>
              ) : null}
            </div>
            <Limits plan={plan} />
            <Models plan={plan} before={plans[index - 1]} />
          </li>
        ))}
      </ul>
      {refusal ? (
        <p role="alert" className="text-sm text-destructive">
          {refusal}
        </p>
      ) : null}
    </section>
  );
}

function Limits({ plan }: { plan: PlanFragment }) {
  const limits = [
    texts.creditsAMonth({ credits: plan.monthlyCredits }),
    texts.modelsAtOnce({ models: plan.modelsPerPrompt }),
    texts.promptsAMinute({ prompts: plan.promptsPerMinute }),
    texts.tokensPerAnswer({ tokens: plan.maxOutputTokens }),
    texts.megabytesOfFiles({ megabytes: plan.fileMegabytes }),
  ];
  return (
    <ul className="figures grid gap-1 text-sm max-md:grid-cols-2 max-md:gap-x-4 max-md:gap-y-2">
      {limits.map((limit) => (
        <li key={limit}>
          {tagged(limit, {
            of: (children) => <span className="text-muted-foreground max-md:block max-md:text-xs">{children}</span>,
          })}
        </li>
      ))}
    </ul>
  );
}

/** Which models a plan brings. Those of the plan before it are not said again. */
function Models({ plan, before }: { plan: PlanFragment & PlanModelsFragment; before: PlanFragment | undefined }) {
  const added = before ? plan.models.filter(({ minimumTier }) => minimumTier === plan.id) : plan.models;
  if (added.length === 0) {
    return (
      <p className="text-sm text-muted-foreground">{before ? texts.modelsOf({ plan: before.name }) : texts.noModels}</p>
    );
  }
  return (
    <details className="group text-sm">
      <summary className="flex cursor-pointer list-none items-center gap-1 rounded-sm text-muted-foreground hover:text-foreground [&::-webkit-details-marker]:hidden">
        <ChevronRight
          className="size-3.5 transition-transform rtl:-scale-x-100 group-open:rotate-90 rtl:group-open:-rotate-90"
          aria-hidden="true"
        />
        {before
          ? texts.modelsAndThose({ models: added.length, plan: before.name })
          : texts.models({ models: added.length })}
      </summary>
      <ul className="mt-2 flex flex-col gap-1.5">
        {added.map(({ id, name, provider }) => (
          <li key={id} className="flex min-w-0 items-center gap-2">
            <ProviderMark providerId={provider.id} />
            <span className="truncate">{name}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}
