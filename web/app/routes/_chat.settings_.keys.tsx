import { keys, settings as texts } from 'texts:account';
import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node';
import { useLoaderData } from '@remix-run/react';
import { useState } from 'react';
import { ApiKeyForm, type CreatedKey } from '../account/keys/api-key-form.tsx';
import { ApiKeyList } from '../account/keys/api-key-list.tsx';
import { ConnectPrograms } from '../account/keys/connect-programs.tsx';
import { NewSecret } from '../account/keys/new-secret.tsx';
import { Page } from '../frame/page.tsx';
import { PageTabs } from '../frame/page-tabs.tsx';
import { settingsPages, tabTitle } from '../frame/pages.ts';
import { ApiKeysDocument } from '../graphql/generated/graphql.ts';
import { query } from '../graphql/query.server.ts';
import { type Frame, useFrame } from './_chat.tsx';

export const meta: MetaFunction = () => [{ title: tabTitle(texts.apiKeys) }];

export async function loader(args: LoaderFunctionArgs) {
  const { viewer } = await query(args, ApiKeysDocument, {});
  return { apiKeys: viewer?.apiKeys ?? [], origin: new URL(args.request.url).origin + args.context.basePath };
}

export default function ApiKeys() {
  const frame = useFrame();
  const { apiKeys, origin } = useLoaderData<typeof loader>();
  const [held, setHeld] = useState(apiKeys);
  const [created, setCreated] = useState<CreatedKey | null>(null);
  const add = (key: CreatedKey) => {
    setCreated(key);
    setHeld((before) => [key.apiKey, ...before]);
  };
  return (
    <Page title={texts.settings} width="normal" nav={<PageTabs label={texts.settings} pages={settingsPages} />}>
      <ApiKeyList keys={held} onRevoked={(id) => setHeld((before) => before.filter((key) => key.id !== id))} />
      <section aria-labelledby="new-key" className="flex flex-col gap-4">
        <div>
          <h2 id="new-key" className="text-lg font-semibold">
            {keys.newKey}
          </h2>
          <p className="text-sm text-muted-foreground">{keys.aboutKeys}</p>
        </div>
        <ApiKeyForm models={frame.models} isAdmin={frame.viewer.role === 'ADMIN'} onCreated={add} />
        {created ? <NewSecret key={created.secret} secret={created.secret} /> : null}
      </section>
      <ConnectPrograms
        // Another key begins with the first tab again, and with no line marked as copied.
        key={created?.secret}
        secret={created?.secret ?? null}
        origin={origin}
        model={created?.apiKey.models?.[0]?.id ?? usualModel(frame)}
      />
    </Page>
  );
}

/** The model that stands in examples: a default one that the member may ask, or else the first that they may. */
function usualModel({ models, defaultModelIds }: Frame): string {
  const usable = models.filter(({ access }) => access.allowed);
  const usual = usable.find(({ id }) => defaultModelIds.includes(id)) ?? usable[0] ?? models[0];
  return usual?.id ?? 'model';
}
