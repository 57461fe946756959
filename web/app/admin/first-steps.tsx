import { firstSteps as texts } from 'texts:admin';
import { Link } from '@remix-run/react';
import { Check } from 'lucide-react';
import { type FormEvent, type ReactNode, useEffect, useId, useState } from 'react';
import { forgetFirstSteps } from '../frame/first-steps-due.ts';
import {
  type FirstStepsQuery,
  type InvitationFieldsFragment,
  SetSignUpRuleDocument,
  type SignUpRule,
} from '../graphql/generated/graphql.ts';
import { Button } from '../ui/button.tsx';
import { classes } from '../ui/classes.ts';
import { Input } from '../ui/input.tsx';
import { ProviderMark } from '../ui/provider-mark.tsx';
import { useActing } from './acting.ts';
import { InvitationForm } from './invitation-form.tsx';
import { NewLink } from './invitations.tsx';

/** Everything that a new server needs before a team moves in, on one page. */
export function FirstSteps({ admin, providers, teams, tiers }: Omit<FirstStepsQuery, 'viewer'>) {
  // Who is here needs no notice any more.
  useEffect(forgetFirstSteps, []);
  const real = providers.filter(({ id, configured }) => configured && id !== 'mock');
  return (
    <div className="mx-auto flex w-full max-w-[720px] flex-col gap-6">
      <div>
        <h2 className="text-xl font-semibold">{texts.heading}</h2>
        <p className="mt-1 text-muted-foreground">{texts.intro}</p>
      </div>
      <ol className="flex flex-col gap-4">
        <Step number={1} title={texts.whoSignsUp}>
          <SignUpStep {...admin.signUp} />
        </Step>
        <Step number={2} title={texts.keyOrLocal} done={real.length > 0}>
          <KeyStep real={real} hasMocks={providers.some(({ id, configured }) => configured && id === 'mock')} />
        </Step>
        <Step number={3} title={texts.invite}>
          <InviteStep teams={teams} tiers={tiers} isClosed={admin.signUp.rule === 'CLOSED'} />
        </Step>
      </ol>
      <div className="flex flex-wrap gap-3">
        <Button asChild variant="primary">
          <Link to="/">{texts.startChatting}</Link>
        </Button>
        <Button asChild>
          <Link to="/admin">{texts.toOverview}</Link>
        </Button>
      </div>
    </div>
  );
}

function Step({
  number,
  title,
  done,
  children,
}: {
  number: number;
  title: string;
  done?: boolean;
  children: ReactNode;
}) {
  const id = useId();
  return (
    <li className="flex gap-4 rounded-lg border bg-card p-5 max-md:gap-3 max-md:p-4">
      <span
        aria-hidden="true"
        className={classes(
          'figures flex size-7 shrink-0 items-center justify-center rounded-full text-sm font-semibold',
          done ? 'bg-success-soft text-success' : 'bg-primary-soft text-primary',
        )}
      >
        {done ? <Check className="size-4" /> : number}
      </span>
      <section aria-labelledby={id} className="flex min-w-0 flex-1 flex-col gap-3">
        <h3 id={id} className="text-base leading-7 font-semibold">
          {title}
        </h3>
        {children}
      </section>
    </li>
  );
}

type Rule = Exclude<SignUpRule, 'CLOSED'>;

const rules: { rule: Rule; label: string; text: string }[] = [
  { rule: 'INVITE', label: texts.invited, text: texts.invitedWhy },
  {
    rule: 'DOMAINS',
    label: texts.domains,
    text: texts.domainsWhy,
  },
  { rule: 'OPEN', label: texts.everybody, text: texts.everybodyWhy },
];

function SignUpStep({ rule, domains, fixed, spendsMoney, lapsed }: FirstStepsQuery['admin']['signUp']) {
  const acting = useActing();
  const [chosen, setChosen] = useState<SignUpRule>(rule);
  const [text, setText] = useState(domains.join(', '));
  const name = useId();
  const refusal = acting.refusals.get('sign-up');
  const isChanged = chosen !== rule || (chosen === 'DOMAINS' && text !== domains.join(', '));
  if (fixed) {
    return (
      <p className="text-sm text-muted-foreground">
        {fixedWords[rule]} {texts.fixed} {domains.length > 0 ? texts.domainList({ domains: domains.join(', ') }) : ''}
      </p>
    );
  }
  const save = (event: FormEvent) => {
    event.preventDefault();
    const list = text.split(',').map((domain) => domain.trim());
    const variables = { rule: chosen, domains: chosen === 'DOMAINS' ? list.filter((domain) => domain !== '') : [] };
    void acting.act('sign-up', SetSignUpRuleDocument, variables, texts.ruleInForce);
  };
  return (
    <form className="flex flex-col gap-3" onSubmit={save}>
      <fieldset className="flex flex-col gap-2">
        <legend className="sr-only">{texts.whoSignsUp}</legend>
        {rules.map((one) => (
          <label key={one.rule} className="flex cursor-pointer gap-3 rounded-md px-2 py-1.5 hover:bg-hover">
            <input
              type="radio"
              name={name}
              value={one.rule}
              checked={chosen === one.rule}
              onChange={() => setChosen(one.rule)}
              className="mt-1 accent-primary"
            />
            <span className="text-sm">
              <span className="font-medium">{one.label}</span>
              <span className="block text-muted-foreground">{one.text}</span>
            </span>
          </label>
        ))}
      </fieldset>
      {chosen === 'DOMAINS' ? (
        <Input
          aria-label={texts.domainsLabel}
          // not read by people: an example of what is typed
          placeholder="example.org, example.com"
          className="h-9 text-sm"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      ) : null}
      {lapsed ? <p className="rounded-md bg-warning-soft px-3 py-2 text-sm">{texts.lapsed}</p> : null}
      {chosen === 'INVITE' || chosen === 'CLOSED' ? null : (
        <p className="rounded-md bg-warning-soft px-3 py-2 text-sm">
          {spendsMoney ? texts.costsMoney : texts.untilKey}
        </p>
      )}
      {refusal ? (
        <p role="alert" className="text-sm text-destructive">
          {refusal}
        </p>
      ) : null}
      <div>
        <Button type="submit" size="small" variant="primary" disabled={!isChanged || acting.busy.has('sign-up')}>
          {texts.save}
        </Button>
      </div>
    </form>
  );
}

const fixedWords: Record<SignUpRule, string> = {
  OPEN: texts.fixedOpen,
  INVITE: texts.fixedInvite,
  DOMAINS: texts.fixedDomains,
  CLOSED: texts.fixedClosed,
};

type Provider = FirstStepsQuery['providers'][number];

function KeyStep({ real, hasMocks }: { real: Provider[]; hasMocks: boolean }) {
  return (
    <>
      {real.length > 0 ? (
        <ul className="flex flex-wrap gap-x-4 gap-y-1 text-sm">
          {real.map(({ id, name }) => (
            <li key={id} className="flex items-center gap-1.5">
              <ProviderMark providerId={id} /> {name}
            </li>
          ))}
        </ul>
      ) : (
        <p className="text-sm text-muted-foreground">{hasMocks ? texts.mocksMeanwhile : texts.noneToAsk}</p>
      )}
      <div>
        <Button asChild size="small" variant={real.length > 0 ? 'outline' : 'primary'}>
          <Link to="/admin/providers">{real.length > 0 ? texts.seeProviders : texts.connect}</Link>
        </Button>
      </div>
      <p className="text-sm text-muted-foreground">{texts.localModels}</p>
    </>
  );
}

function InviteStep({ teams, tiers, isClosed }: Pick<FirstStepsQuery, 'teams' | 'tiers'> & { isClosed: boolean }) {
  const [made, setMade] = useState<InvitationFieldsFragment | null>(null);
  if (isClosed) return <p className="text-sm text-muted-foreground">{texts.closed}</p>;
  return (
    <>
      <p className="text-sm text-muted-foreground">{texts.aLink}</p>
      <InvitationForm teams={teams} tiers={tiers} onMade={setMade} />
      {made ? <NewLink key={made.id} url={made.url} /> : null}
    </>
  );
}
