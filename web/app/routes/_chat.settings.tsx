import { settings as texts } from 'texts:account';
import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node';
import { useLoaderData } from '@remix-run/react';
import { useState } from 'react';
import { AddressChange } from '../account/address-change.tsx';
import { AnswerNotes } from '../account/browser/answer-notes.tsx';
import { LocaleChoice } from '../account/browser/locale-choice.tsx';
import { ThemeChoice } from '../account/browser/theme-choice.tsx';
import { PasswordChange } from '../account/password.tsx';
import { Profile } from '../account/profile.tsx';
import { Retention } from '../account/retention.tsx';
import { ProviderWay } from '../admin/provider-way.tsx';
import { isMocksOnly } from '../conversation/arena/mocks.tsx';
import { Page } from '../frame/page.tsx';
import { PageTabs } from '../frame/page-tabs.tsx';
import { settingsPages, tabTitle } from '../frame/pages.ts';
import { ApiKeyCountDocument } from '../graphql/generated/graphql.ts';
import { query } from '../graphql/query.server.ts';
import { readTheme } from '../ui/browser/theme.ts';
import { useFrame } from './_chat.tsx';

export const meta: MetaFunction = () => [{ title: tabTitle(texts.settings) }];

export async function loader(args: LoaderFunctionArgs) {
  const { viewer, server } = await query(args, ApiKeyCountDocument, {});
  const passwords = server.passwords && (viewer?.hasPassword ?? false);
  const changesAddress = passwords && server.sendsMail;
  return {
    passwords,
    changesAddress,
    retentionDays: server.retentionDays ?? null,
    keyCount: viewer?.apiKeys.length ?? 0,
    theme: readTheme(args.request.headers.get('cookie')),
  };
}

export default function Settings() {
  const { viewer, models } = useFrame();
  const { theme, ...loaded } = useLoaderData<typeof loader>();
  const [keyCount, setKeyCount] = useState(loaded.keyCount);
  return (
    <Page title={texts.settings} width="narrow" nav={<PageTabs label={texts.settings} pages={settingsPages} />}>
      <Profile viewer={viewer} />
      {viewer.role === 'ADMIN' ? <ProviderWay mocksOnly={isMocksOnly(models)} /> : null}
      {loaded.passwords ? (
        <PasswordChange email={viewer.email} keyCount={keyCount} onKeysRevoked={() => setKeyCount(0)} />
      ) : null}
      {loaded.changesAddress ? <AddressChange /> : null}
      <ThemeChoice initial={theme} />
      <LocaleChoice />
      <AnswerNotes />
      <Retention days={loaded.retentionDays} />
    </Page>
  );
}
