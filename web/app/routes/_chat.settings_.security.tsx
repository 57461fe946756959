import { settings as texts } from 'texts:account';
import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node';
import { useLoaderData } from '@remix-run/react';
import { AccountDeletion } from '../account/security/account-deletion.tsx';
import { MyData } from '../account/security/my-data.tsx';
import { Sessions } from '../account/security/sessions.tsx';
import { TwoFactor } from '../account/security/two-factor.tsx';
import { Page } from '../frame/page.tsx';
import { PageTabs } from '../frame/page-tabs.tsx';
import { settingsPages, tabTitle } from '../frame/pages.ts';
import { SecurityDocument } from '../graphql/generated/graphql.ts';
import { query } from '../graphql/query.server.ts';

export const meta: MetaFunction = () => [{ title: tabTitle(texts.security) }];

export async function loader(args: LoaderFunctionArgs) {
  const { viewer, server } = await query(args, SecurityDocument, {});
  return { passwords: server.passwords, twoFactor: viewer?.twoFactor ?? false, sessions: viewer?.sessions ?? [] };
}

export default function Security() {
  const { passwords, twoFactor, sessions } = useLoaderData<typeof loader>();
  return (
    <Page title={texts.settings} width="narrow" nav={<PageTabs label={texts.settings} pages={settingsPages} />}>
      {passwords ? <TwoFactor isOn={twoFactor} /> : null}
      <Sessions sessions={sessions} />
      <MyData />
      <AccountDeletion />
    </Page>
  );
}
