import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node';
import { useLoaderData } from '@remix-run/react';
import { useState } from 'react';
import { ApiKeys } from '../account/api-keys.tsx';
import { PasswordChange } from '../account/password.tsx';
import { Profile } from '../account/profile.tsx';
import { ThemeChoice } from '../account/theme-choice.tsx';
import { Page } from '../frame/page.tsx';
import { tabTitle } from '../frame/pages.ts';
import { ApiKeysDocument } from '../graphql/generated/graphql.ts';
import { query } from '../graphql/query.server.ts';
import { readTheme } from '../ui/browser/theme.ts';
import { useFrame } from './_chat.tsx';

export const meta: MetaFunction = () => [{ title: tabTitle('Settings') }];

export async function loader(args: LoaderFunctionArgs) {
  const { viewer } = await query(args, ApiKeysDocument, {});
  return { apiKeys: viewer?.apiKeys ?? [], theme: readTheme(args.request.headers.get('cookie')) };
}

export default function Settings() {
  const { viewer } = useFrame();
  const { apiKeys, theme } = useLoaderData<typeof loader>();
  const [keys, setKeys] = useState(apiKeys);
  return (
    <Page title="Settings" width="narrow">
      <Profile viewer={viewer} />
      <PasswordChange email={viewer.email} keyCount={keys.length} onKeysRevoked={() => setKeys([])} />
      <ThemeChoice initial={theme} />
      <ApiKeys keys={keys} onChange={setKeys} isAdmin={viewer.role === 'ADMIN'} />
    </Page>
  );
}
