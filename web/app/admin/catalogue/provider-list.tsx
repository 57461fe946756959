import { useRevalidator } from '@remix-run/react';
import { useState } from 'react';
import { useClient } from 'urql';
import {
  type AdminProvidersQuery,
  type CatalogueOrigin,
  type ProviderFieldsFragment,
  RemoveProviderDocument,
  TestProviderDocument,
} from '../../graphql/generated/graphql.ts';
import { Button } from '../../ui/button.tsx';
import { formatSeconds, plural } from '../../ui/figures.ts';
import { ProviderMark } from '../../ui/provider-mark.tsx';
import { Question } from '../../ui/question.tsx';
import { type Acting, useActing } from '../acting.ts';
import { ProviderForm } from './provider-form.tsx';
import { ProviderModels } from './provider-models.tsx';

const origins: Record<CatalogueOrigin, string> = {
  BUILT_IN: 'built in',
  FILE: 'from CATALOGUE_FILE',
  ENVIRONMENT: 'found on this machine',
  ADMIN: 'added here',
};

/** The providers with their keys: an admin adds, tests and removes them, and takes models from their lists. */
export function ProviderList({ admin, providers, tiers }: Pick<AdminProvidersQuery, 'admin' | 'providers' | 'tiers'>) {
  const acting = useActing();
  const { mistakes } = admin.catalogue;
  return (
    <section aria-labelledby="providers" className="flex flex-col gap-4">
      <div className="flex flex-wrap items-end justify-between gap-3">
        <div>
          <h2 id="providers" className="text-lg font-semibold">
            Providers
          </h2>
          <p className="text-sm text-muted-foreground">{signUpSentence(admin)}</p>
        </div>
        <ProviderForm provider={null} acting={acting}>
          {(open) => (
            <Button variant="primary" size="small" onClick={open}>
              Add a provider
            </Button>
          )}
        </ProviderForm>
      </div>
      {mistakes.length > 0 ? (
        <ul role="alert" className="flex flex-col gap-1 rounded-lg border px-4 py-3 text-sm text-warning">
          {mistakes.map(({ id, message }) => (
            <li key={id + message} className="wrap-anywhere">
              ⚠ <code className="font-mono">{id}</code> is left out. {message}
            </li>
          ))}
        </ul>
      ) : null}
      <ul className="flex flex-col divide-y rounded-lg border" aria-label="Providers">
        {providers.map((provider) => (
          <Item key={provider.id} provider={provider} tiers={tiers} acting={acting} />
        ))}
      </ul>
    </section>
  );
}

/** Who may spend what a key pays for. */
function signUpSentence({ catalogue, signUp }: AdminProvidersQuery['admin']): string {
  const isOpen = signUp.rule === 'OPEN' || signUp.rule === 'DOMAINS';
  const who = signUp.rule === 'OPEN' ? 'everybody' : 'people of your domains';
  if (catalogue.answersCostMoney) {
    return isOpen
      ? `Answers cost money, and ${who} may sign up and spend it.`
      : 'Answers cost money: people sign up by invitation only.';
  }
  if (!isOpen) return 'No answer costs money.';
  return signUp.fixed
    ? `No answer costs money yet. SIGN_UP lets ${who} sign up: a key that you enter is theirs to spend.`
    : 'No answer costs money. The first key closes sign-up to people without an invitation.';
}

interface ItemProps {
  provider: ProviderFieldsFragment;
  tiers: AdminProvidersQuery['tiers'];
  acting: Acting;
}

function Item({ provider, tiers, acting }: ItemProps) {
  const { id, name, configured, setup } = provider;
  const [outcome, test] = useTest(id);
  return (
    <li className="flex flex-col gap-2 px-4 py-3">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <div className="min-w-0">
          <p className="flex items-center gap-2 font-medium">
            <ProviderMark providerId={id} /> {name}
            <span
              className={configured ? 'text-sm font-normal text-success' : 'text-sm font-normal text-muted-foreground'}
            >
              {configured ? '✓ ready' : '○ no key'}
            </span>
          </p>
          <p className="text-sm wrap-anywhere text-muted-foreground">{describe(provider)}</p>
        </div>
        <div className="flex flex-wrap gap-2">
          {configured ? (
            <>
              <Button size="small" disabled={outcome === 'asking'} onClick={test} aria-label={`Test ${name}`}>
                {outcome === 'asking' ? 'Testing…' : 'Test'}
              </Button>
              {setup?.kind ? <ProviderModels provider={provider} tiers={tiers} acting={acting} /> : null}
            </>
          ) : null}
          {setup?.kind && !setup.fixed ? (
            <ProviderForm provider={provider} acting={acting}>
              {(open) => (
                <Button size="small" onClick={open} aria-label={`Change ${name}`}>
                  {configured ? 'Change' : 'Enter key'}
                </Button>
              )}
            </ProviderForm>
          ) : null}
          {setup?.stored ? <Remove provider={provider} acting={acting} /> : null}
        </div>
      </div>
      {setup?.problem ? (
        <p role="alert" className="text-sm text-destructive">
          {setup.problem}
        </p>
      ) : null}
      {outcome !== null && outcome !== 'asking' ? (
        <p role="status" className={outcome.isGood ? 'text-sm text-success' : 'text-sm wrap-anywhere text-destructive'}>
          {outcome.text}
        </p>
      ) : null}
    </li>
  );
}

function Remove({ provider: { id, name, setup }, acting }: { provider: ProviderFieldsFragment; acting: Acting }) {
  const isOwn = setup?.origin === 'ADMIN';
  return (
    <Question
      title={isOwn ? `Remove ${name}?` : `Remove the key of ${name}?`}
      text="New prompts cannot ask its models any more. Answers under way are written to their end, and past ones stay."
      yes="Remove"
      onYes={() => void acting.act(id, RemoveProviderDocument, { id }, `${name} is removed.`)}
    >
      {(ask) => (
        <Button
          size="small"
          variant="danger"
          disabled={acting.busy.has(id)}
          onClick={ask}
          aria-label={`Remove ${name}`}
        >
          Remove
        </Button>
      )}
    </Question>
  );
}

function describe({ setup }: ProviderFieldsFragment): string {
  if (!setup) return '';
  const { keyOrigin, keyEnding, keyVariables, origin, baseUrl, newModels } = setup;
  const key = {
    ENVIRONMENT: `key from the environment (${keyVariables.join(' or ')})`,
    FILE: 'access from CATALOGUE_FILE',
    ADMIN: keyEnding ? `key entered here, ending in ${keyEnding}` : 'access entered here',
    BUILT_IN: null,
  };
  const parts = [
    origins[origin],
    baseUrl,
    keyOrigin && key[keyOrigin],
    newModels > 0 && `${plural(newModels, 'new model')}`,
  ];
  return parts.filter(Boolean).join(' · ');
}

type Outcome = { isGood: boolean; text: string } | 'asking' | null;

function useTest(id: string): [Outcome, () => void] {
  const client = useClient();
  const { revalidate } = useRevalidator();
  const [outcome, setOutcome] = useState<Outcome>(null);
  async function test() {
    setOutcome('asking');
    const { data, error } = await client.mutation(TestProviderDocument, { id }).toPromise();
    const told = data?.testProvider;
    const seen = told?.modelsSeen == null ? 'It lists no models.' : `It lists ${plural(told.modelsSeen, 'model')}.`;
    if (!told) {
      setOutcome({ isGood: false, text: error?.graphQLErrors[0]?.message ?? 'The server could not be reached.' });
    } else if (told.answered) {
      const time = told.firstTokenMs === null ? '' : ` after ${formatSeconds(told.firstTokenMs)}`;
      setOutcome({ isGood: true, text: `✓ ${told.modelId} answered${time}. ${seen}` });
    } else {
      setOutcome({ isGood: false, text: `⚠ ${told.problem ?? 'It did not answer.'} ${told.reachable ? seen : ''}` });
    }
    revalidate();
  }
  return [outcome, () => void test()];
}
