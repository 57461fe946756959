import { tools as texts } from 'texts:admin';
import type { AdminToolsQuery } from '../../graphql/generated/graphql.ts';
import { Button } from '../../ui/button.tsx';
import { useActing } from '../acting.ts';
import { ServerForm } from './server-form.tsx';
import { ServerItem } from './server-item.tsx';
import { ToolList } from './tool-list.tsx';

interface ToolsPageProps extends Pick<AdminToolsQuery, 'admin' | 'tiers' | 'teams'> {
  /** The server that the admin has just signed in to; null: none. */
  signedIn: string | null;
  /** Why the admin is not signed in to one; null: nothing failed. */
  failure: string | null;
}

const failures: Readonly<Record<string, string>> = {
  elsewhere: texts.signInElsewhere,
  refused: texts.signInRefused,
  failed: texts.signInFailed,
};

/** The servers of tools and all tools: an admin adds servers, reads how their tools are described, and gives them to members. */
export function ToolsPage({ admin: { toolServers, tools }, tiers, teams, signedIn, failure }: ToolsPageProps) {
  const acting = useActing();
  const builtIn = tools.filter(({ server }) => server === null);
  const shared = { tiers, teams, acting };
  return (
    <div className="flex flex-col gap-8">
      <section aria-labelledby="tool-servers" className="flex flex-col gap-4">
        <div className="flex flex-wrap items-end justify-between gap-3">
          <div className="measure">
            <h2 id="tool-servers" className="text-lg font-semibold">
              {texts.servers}
            </h2>
            <p className="text-sm text-muted-foreground">{texts.serversWhy}</p>
          </div>
          <ServerForm server={null} acting={acting}>
            {(open) => (
              <Button variant="primary" size="small" onClick={open}>
                {texts.addServer}
              </Button>
            )}
          </ServerForm>
        </div>
        {signedIn === null ? null : (
          <p role="status" className="text-sm text-success">
            ✓ {texts.signedInTo({ name: toolServers.find(({ id }) => id === signedIn)?.name ?? '' })}
          </p>
        )}
        {failure === null ? null : (
          <p role="alert" className="text-sm text-destructive">
            {failures[failure] ?? texts.signInFailed}
          </p>
        )}
        {toolServers.length === 0 ? (
          <p className="rounded-lg border border-dashed px-4 py-6 text-sm text-muted-foreground">{texts.noServers}</p>
        ) : (
          <ul className="flex flex-col gap-4" aria-label={texts.servers}>
            {toolServers.map((server) => (
              <ServerItem
                key={server.id}
                server={server}
                tools={tools.filter((tool) => tool.server?.id === server.id)}
                {...shared}
              />
            ))}
          </ul>
        )}
      </section>
      {builtIn.length > 0 ? (
        <section aria-labelledby="built-in-tools" className="flex flex-col gap-4">
          <div className="measure">
            <h2 id="built-in-tools" className="text-lg font-semibold">
              {texts.builtIn}
            </h2>
            <p className="text-sm text-muted-foreground">{texts.builtInWhy}</p>
          </div>
          <div className="rounded-lg border">
            <ToolList label={texts.builtIn} tools={builtIn} {...shared} />
          </div>
        </section>
      ) : null}
    </div>
  );
}
