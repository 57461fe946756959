import { tools as texts } from 'texts:admin';
import { useState } from 'react';
import { useClient } from 'urql';
import {
  type AdminToolsQuery,
  ReconnectToolServerDocument,
  RemoveToolServerDocument,
  SetToolServerDocument,
  SignInToToolServerDocument,
  SignOutOfToolServerDocument,
  type ToolServerFieldsFragment,
  type ToolServerStatus,
  type ToolSetupFieldsFragment,
} from '../../graphql/generated/graphql.ts';
import { Button } from '../../ui/button.tsx';
import { Question } from '../../ui/question.tsx';
import { Switch } from '../../ui/switch.tsx';
import type { Acting } from '../acting.ts';
import { Refusal } from '../catalogue/field.tsx';
import { ServerForm } from './server-form.tsx';
import { ToolList } from './tool-list.tsx';
import { ToolReader } from './tool-reader.tsx';

const states: Record<ToolServerStatus, { sign: string; word: string; look: string }> = {
  UP: { sign: '✓', word: texts.up, look: 'text-success' },
  CONNECTING: { sign: '○', word: texts.connecting, look: 'text-muted-foreground' },
  DOWN: { sign: '■', word: texts.down, look: 'text-destructive' },
  SIGN_IN_NEEDED: { sign: '⚠', word: texts.signInNeeded, look: 'text-warning' },
  OFF: { sign: '○', word: texts.off, look: 'text-muted-foreground' },
};

interface ServerItemProps extends Pick<AdminToolsQuery, 'tiers' | 'teams'> {
  server: ToolServerFieldsFragment;
  tools: readonly ToolSetupFieldsFragment[];
  acting: Acting;
}

/** A server with its state and its tools. */
export function ServerItem({ server, tools, tiers, teams, acting }: ServerItemProps) {
  const { id, name, origin, status, problem, enabled } = server;
  const { sign, word, look } = states[status];
  const toRead = tools.filter(({ state }) => state === 'NEW' || state === 'CHANGED');
  const isOwn = origin === 'ADMIN';
  const busy = acting.busy.has(id);
  return (
    <li className="rounded-lg border">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 px-4 py-3">
        <div className="min-w-0">
          <p className="flex flex-wrap items-center gap-x-2 font-medium wrap-anywhere">
            {name}
            <span className={`text-sm font-normal ${look}`}>
              <span aria-hidden="true">{sign}</span> {word}
            </span>
          </p>
          <p className="text-sm wrap-anywhere text-muted-foreground">{describe(server)}</p>
        </div>
        <div className="flex flex-wrap items-center gap-2">
          {server.auth === 'OAUTH' && enabled ? <SignIn server={server} acting={acting} /> : null}
          {enabled ? (
            <Button
              size="small"
              disabled={busy}
              aria-label={texts.reconnectOf({ name })}
              onClick={() => void acting.act(id, ReconnectToolServerDocument, { id }, texts.askedAgain({ name }))}
            >
              {texts.reconnect}
            </Button>
          ) : null}
          {isOwn ? <OwnActions server={server} acting={acting} /> : null}
        </div>
      </div>
      {problem !== null || acting.refusals.has(id) ? (
        <div className="flex flex-col gap-1 px-4 pb-3">
          {problem === null ? null : (
            <p className={`text-sm wrap-anywhere ${status === 'UP' ? 'text-warning' : 'text-destructive'}`}>
              {problem}
            </p>
          )}
          <Refusal text={acting.refusals.get(id)} />
        </div>
      ) : null}
      {toRead.length > 0 ? (
        <div className="flex flex-wrap items-center justify-between gap-3 border-t bg-muted/50 px-4 py-3">
          <p className="text-sm">{texts.toRead({ count: toRead.length })}</p>
          <ToolReader tools={toRead} acting={acting}>
            {(open) => (
              <Button variant="primary" size="small" onClick={open} aria-label={texts.readOf({ name })}>
                {texts.read}
              </Button>
            )}
          </ToolReader>
        </div>
      ) : null}
      {tools.length > 0 ? (
        <div className="border-t">
          <ToolList label={texts.toolsOf({ name })} tools={tools} tiers={tiers} teams={teams} acting={acting} />
        </div>
      ) : null}
    </li>
  );
}

/** What can be done with a server that an admin has added. */
function OwnActions({ server, acting }: Pick<ServerItemProps, 'server' | 'acting'>) {
  const { id, name, enabled } = server;
  const busy = acting.busy.has(id);
  return (
    <>
      <ServerForm server={server} acting={acting}>
        {(open) => (
          <Button size="small" onClick={open} aria-label={texts.changeOf({ name })}>
            {texts.change}
          </Button>
        )}
      </ServerForm>
      <Question
        title={texts.removeAsk({ name })}
        text={texts.removeWhy}
        yes={texts.remove}
        onYes={() => void acting.act(id, RemoveToolServerDocument, { id }, texts.removed({ name }))}
      >
        {(ask) => (
          <Button size="small" variant="danger" disabled={busy} onClick={ask} aria-label={texts.removeOf({ name })}>
            {texts.remove}
          </Button>
        )}
      </Question>
      <Switch
        aria-label={texts.serverOn({ name })}
        checked={enabled}
        disabled={busy}
        onCheckedChange={(on) =>
          void acting.act(
            id,
            SetToolServerDocument,
            { input: { id, enabled: on } },
            on ? texts.isOn({ name }) : texts.isOff({ name }),
          )
        }
      />
    </>
  );
}

function SignIn({ server: { id, name, signedInAt }, acting }: { server: ToolServerFieldsFragment; acting: Acting }) {
  const client = useClient();
  const [going, setGoing] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);

  async function go(): Promise<void> {
    setGoing(true);
    const { data, error } = await client.mutation(SignInToToolServerDocument, { id }).toPromise();
    if (data) window.location.assign(data.signInToToolServer);
    else setRefusal(error?.graphQLErrors[0]?.message ?? texts.signInFailed);
    setGoing(false);
  }

  return (
    <>
      {refusal === null ? null : (
        <p role="alert" className="w-full text-sm text-destructive">
          {refusal}
        </p>
      )}
      <Button
        size="small"
        variant={signedInAt === null ? 'primary' : 'outline'}
        disabled={going}
        onClick={() => void go()}
        aria-label={texts.signInOf({ name })}
      >
        {signedInAt === null ? texts.signIn : texts.signInAgain}
      </Button>
      {signedInAt === null ? null : (
        <Button
          size="small"
          disabled={acting.busy.has(id)}
          aria-label={texts.signOutOf({ name })}
          onClick={() => void acting.act(id, SignOutOfToolServerDocument, { id }, texts.signedOut({ name }))}
        >
          {texts.signOut}
        </Button>
      )}
    </>
  );
}

function describe({
  origin,
  url,
  hasQuery,
  program,
  auth,
  tokenEnding,
  headerNames,
}: ToolServerFieldsFragment): string {
  const parts = [
    origin === 'FILE' ? texts.fromFile : null,
    program ? texts.program : null,
    url === null ? null : hasQuery ? `${url}?…` : url,
    auth === 'BEARER' ? (tokenEnding ? texts.tokenEnding({ ending: tokenEnding }) : texts.token) : null,
    auth === 'OAUTH' ? 'OAuth' : null,
    headerNames.length > 0 ? texts.headers({ names: headerNames.join(', ') }) : null,
  ];
  return parts.filter(Boolean).join(' · ');
}
