import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node';
import { useLoaderData } from '@remix-run/react';
import { useState } from 'react';
import { ApiKeys } from '../account/api-keys.tsx';
import { PasswordChange } from '../account/password.tsx';
import { Profile } from '../account/profile.tsx';
import { ThemeChoice } from '../account/theme-choice.tsx';
import { CreditMeter } from '../credits/credit-meter.tsx';
import { TopBar } from '../frame/top-bar.tsx';
import { ApiKeysDocument } from '../graphql/generated/graphql.ts';
import { query } from '../graphql/query.server.ts';
import { readTheme } from '../ui/browser/theme.ts';
import { useFrame } from './_chat.tsx';

export const meta: MetaFunction = () => [{ title: 'Settings · Polylogue' }];

export async function loader(args: LoaderFunctionArgs) {
  const { viewer } = await query(args, ApiKeysDocument, {});
  return { apiKeys: viewer?.apiKeys ?? [], theme: readTheme(args.request.headers.get('cookie')) };
}

export default function Settings() {
  const { viewer, openSidebar, openPalette } = useFrame();
  const { apiKeys, theme } = useLoaderData<typeof loader>();
  const [keys, setKeys] = useState(apiKeys);
  return (
    <>
      <TopBar title="Settings" onSidebar={openSidebar} onPalette={openPalette}>
        <CreditMeter monthlyCredits={viewer.tier.monthlyCredits} />
      </TopBar>
      <main className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto flex max-w-[720px] flex-col gap-10 px-6 py-8 max-md:px-4">
          <Profile viewer={viewer} />
          <PasswordChange email={viewer.email} keyCount={keys.length} onKeysRevoked={() => setKeys([])} />
          <ThemeChoice initial={theme} />
          <ApiKeys keys={keys} onChange={setKeys} isAdmin={viewer.role === 'ADMIN'} />
        </div>
      </main>
    </>
  );
}
