import { pages as pageTexts, providers as texts } from 'texts:admin';
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
import { errorWords } from '../../graphql/refusal.ts';
import { figuresLocale } from '../../languages/locale.ts';
import { sentence } from '../../languages/sentence.tsx';
import { Button } from '../../ui/button.tsx';
import { formatSeconds } from '../../ui/figures.ts';
import { ProviderMark } from '../../ui/provider-mark.tsx';
import { Question } from '../../ui/question.tsx';
import { type Acting, useActing } from '../acting.ts';
import { ProviderForm } from './provider-form.tsx';
import { ProviderModels } from './provider-models.tsx';

const origins: Record<CatalogueOrigin, string> = {
  BUILT_IN: texts.builtIn,
  FILE: texts.fromFile,
  ENVIRONMENT: texts.found,
  ADMIN: texts.addedHere,
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
            {texts.providers}
          </h2>
          <p className="text-sm text-muted-foreground">{signUpSentence(admin)}</p>
        </div>
        <ProviderForm provider={null} acting={acting}>
          {(open) => (
            <Button variant="primary" size="small" onClick={open}>
              {texts.add}
            </Button>
          )}
        </ProviderForm>
      </div>
      {mistakes.length > 0 ? (
        <ul role="alert" className="flex flex-col gap-1 rounded-lg border px-4 py-3 text-sm text-warning">
          {mistakes.map(({ id, message }) => (
            <li key={id + message} className="wrap-anywhere">
              ⚠ {sentence(texts.leftOut, { id: <code className="font-mono">{id}</code>, why: message })}
            </li>
          ))}
        </ul>
      ) : null}
      <ul className="flex flex-col divide-y rounded-lg border" aria-label={texts.providers}>
        {providers.map((provider) => (
          <Item key={provider.id} provider={provider} tiers={tiers} acting={acting} />
        ))}
      </ul>
    </section>
  );
}

/** Who may spend what a key pays for. */
function signUpSentence({ catalogue, signUp }: AdminProvidersQuery['admin']): string {
  const isForAll = signUp.rule === 'OPEN';
  const isOpen = isForAll || signUp.rule === 'DOMAINS';
  if (catalogue.answersCostMoney) {
    if (!isOpen) return texts.costsInvited;
    return isForAll ? texts.costsOpen : texts.costsDomains;
  }
  if (!isOpen) return texts.noCost;
  if (!signUp.fixed) return texts.firstKeyCloses;
  return isForAll ? texts.fixedOpen : texts.fixedDomains;
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
              {configured ? texts.ready : texts.withoutKey}
            </span>
          </p>
          <p className="text-sm wrap-anywhere text-muted-foreground">{describe(provider)}</p>
        </div>
        <div className="flex flex-wrap gap-2">
          {configured ? (
            <>
              <Button size="small" disabled={outcome === 'asking'} onClick={test} aria-label={texts.testOf({ name })}>
                {outcome === 'asking' ? texts.testing : texts.test}
              </Button>
              {setup?.kind ? <ProviderModels provider={provider} tiers={tiers} acting={acting} /> : null}
            </>
          ) : null}
          {setup?.kind && !setup.fixed ? (
            <ProviderForm provider={provider} acting={acting}>
              {(open) => (
                <Button size="small" onClick={open} aria-label={texts.changeOf({ name })}>
                  {configured ? texts.change : texts.enterKey}
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
      title={isOwn ? texts.removeAsk({ name }) : texts.removeKeyAsk({ name })}
      text={texts.removeWhy}
      yes={texts.remove}
      onYes={() => void acting.act(id, RemoveProviderDocument, { id }, texts.removed({ name }))}
    >
      {(ask) => (
        <Button
          size="small"
          variant="danger"
          disabled={acting.busy.has(id)}
          onClick={ask}
          aria-label={texts.removeOf({ name })}
        >
          {texts.remove}
        </Button>
      )}
    </Question>
  );
}

const anyOf = new Intl.ListFormat(figuresLocale, { type: 'disjunction' });

function describe({ setup }: ProviderFieldsFragment): string {
  if (!setup) return '';
  const { keyOrigin, keyEnding, keyVariables, origin, baseUrl, newModels } = setup;
  const key = {
    ENVIRONMENT: texts.keyFromEnvironment({ variables: anyOf.format(keyVariables) }),
    FILE: texts.accessFromFile,
    ADMIN: keyEnding ? texts.keyEntered({ ending: keyEnding }) : texts.accessEntered,
    BUILT_IN: null,
  };
  const parts = [
    origins[origin],
    baseUrl,
    keyOrigin && key[keyOrigin],
    newModels > 0 && texts.newModels({ count: newModels }),
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
    const seen = told?.modelsSeen == null ? texts.listsNone : texts.lists({ count: told.modelsSeen });
    if (!told) {
      setOutcome({ isGood: false, text: errorWords(error) ?? pageTexts.unreachable });
    } else if (told.answered) {
      const model = told.modelId ?? '';
      const answered =
        told.firstTokenMs === null
          ? texts.answered({ model })
          : texts.answeredAfter({ model, time: formatSeconds(told.firstTokenMs) });
      setOutcome({ isGood: true, text: `${answered} ${seen}` });
    } else {
      setOutcome({ isGood: false, text: `⚠ ${told.problem ?? texts.noAnswer} ${told.reachable ? seen : ''}` });
    }
    revalidate();
  }
  return [outcome, () => void test()];
}
