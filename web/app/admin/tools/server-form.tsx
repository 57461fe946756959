import { tools as texts } from 'texts:admin';
import { type FormEvent, type ReactNode, useState } from 'react';
import {
  SetToolServerDocument,
  type ToolServerAuth,
  type ToolServerFieldsFragment,
} from '../../graphql/generated/graphql.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog, DialogContent, DialogDescription, DialogTitle } from '../../ui/dialog.tsx';
import { Input } from '../../ui/input.tsx';
import { Select } from '../../ui/select.tsx';
import type { Acting } from '../acting.ts';
import { Field, Refusal } from '../catalogue/field.tsx';

const ways: Record<ToolServerAuth, string> = {
  NONE: texts.authNone,
  BEARER: texts.authToken,
  OAUTH: texts.authOAuth,
};

/** The id under which the refusals of a new server are kept. */
const NEW = 'new server';

interface ServerFormProps {
  /** Null: a new one. */
  server: ToolServerFieldsFragment | null;
  acting: Acting;
  children: (open: () => void) => ReactNode;
}

/** A dialog in which an admin enters a server of tools. */
export function ServerForm({ server, acting, children }: ServerFormProps) {
  const [open, setOpen] = useState(false);
  return (
    <>
      {children(() => setOpen(true))}
      <Dialog open={open} onOpenChange={setOpen}>
        <DialogContent className="max-h-[90vh] overflow-y-auto">
          <DialogTitle>{server ? server.name : texts.addServer}</DialogTitle>
          <DialogDescription className="mt-1 text-sm text-muted-foreground">{texts.encrypted}</DialogDescription>
          <Fields server={server} acting={acting} onDone={() => setOpen(false)} />
        </DialogContent>
      </Dialog>
    </>
  );
}

function Fields({ server, acting, onDone }: Omit<ServerFormProps, 'children'> & { onDone: () => void }) {
  const key = server?.id ?? NEW;
  const [auth, setAuth] = useState<ToolServerAuth>(server?.auth ?? 'NONE');

  async function save(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? '').trim();
    const url = text('url');
    const header = text('header');
    const kept = (server?.headerNames ?? []).filter((name) => !form.getAll('removedHeader').includes(name));
    const headers = [
      ...kept.filter((name) => name.toLowerCase() !== header.toLowerCase()).map((name) => ({ name })),
      ...(header === '' ? [] : [{ name: header, value: text('headerValue') }]),
    ];
    const input = {
      ...(server && { id: server.id }),
      name: text('name'),
      // The query of a stored address is not known here, and stays unless another address is entered.
      ...(url !== (server?.url ?? '') && { url }),
      auth,
      ...(text('token') !== '' && { token: text('token') }),
      ...((server?.headerNames.length ?? 0) + headers.length > 0 && { headers }),
      ...(auth === 'OAUTH' && { clientId: text('clientId'), scope: text('scope') }),
      ...(text('clientSecret') !== '' && { clientSecret: text('clientSecret') }),
    };
    if (await acting.act(key, SetToolServerDocument, { input }, texts.stored({ name: input.name }))) onDone();
  }

  return (
    <form className="mt-4 flex flex-col gap-4" autoComplete="off" onSubmit={(event) => void save(event)}>
      <Field label={texts.name} hint={texts.nameHint}>
        {(id) => (
          <Input id={id} name="name" required maxLength={60} className="h-9" defaultValue={server?.name ?? ''} />
        )}
      </Field>
      <Field label={texts.address} {...(server?.hasQuery ? { hint: texts.queryHint } : {})}>
        {(id) => (
          <Input
            id={id}
            name="url"
            type="url"
            required
            className="h-9 font-mono text-sm"
            placeholder="https://mcp.example.org/mcp"
            defaultValue={server?.url ?? ''}
          />
        )}
      </Field>
      <Field label={texts.auth}>
        {(id) => (
          <Select
            id={id}
            className="h-9 w-full"
            value={auth}
            onChange={({ target }) => setAuth(target.value as ToolServerAuth)}
          >
            {Object.entries(ways).map(([way, name]) => (
              <option key={way} value={way}>
                {name}
              </option>
            ))}
          </Select>
        )}
      </Field>
      {auth === 'BEARER' ? (
        <Field
          label={texts.tokenField}
          {...(server?.tokenEnding ? { hint: texts.storedToken({ ending: server.tokenEnding }) } : {})}
        >
          {(id) => <Input id={id} name="token" type="password" autoComplete="off" className="h-9 font-mono text-sm" />}
        </Field>
      ) : null}
      {auth === 'OAUTH' ? <ClientFields server={server} /> : null}
      <HeaderFields names={server?.headerNames ?? []} />
      <Refusal text={acting.refusals.get(key)} />
      <div className="flex justify-end">
        <Button type="submit" variant="primary" disabled={acting.busy.has(key)}>
          {texts.save}
        </Button>
      </div>
    </form>
  );
}

/** For a server at which a client has to be registered by hand. */
function ClientFields({ server }: Pick<ServerFormProps, 'server'>) {
  return (
    <details className="rounded-md border px-3 py-2" open={server?.clientId != null}>
      <summary className="cursor-pointer text-sm font-medium">{texts.client}</summary>
      <div className="mt-3 flex flex-col gap-4">
        <Field label={texts.clientId} hint={texts.clientHint}>
          {(id) => (
            <Input id={id} name="clientId" className="h-9 font-mono text-sm" defaultValue={server?.clientId ?? ''} />
          )}
        </Field>
        <Field label={texts.clientSecret}>
          {(id) => (
            <Input id={id} name="clientSecret" type="password" autoComplete="off" className="h-9 font-mono text-sm" />
          )}
        </Field>
        <Field label={texts.scope}>
          {(id) => <Input id={id} name="scope" className="h-9 font-mono text-sm" defaultValue={server?.scope ?? ''} />}
        </Field>
      </div>
    </details>
  );
}

function HeaderFields({ names }: { names: readonly string[] }) {
  const [value, setValue] = useState('');
  return (
    <>
      {names.length > 0 ? (
        <fieldset className="flex flex-col gap-1">
          <legend className="text-sm font-medium">{texts.storedHeaders}</legend>
          {names.map((name) => (
            <label key={name} className="flex items-center gap-2 text-sm">
              <input type="checkbox" name="removedHeader" value={name} className="accent-primary" />
              <span className="min-w-0 wrap-anywhere">{texts.removeHeader({ name })}</span>
            </label>
          ))}
        </fieldset>
      ) : null}
      <div className="grid grid-cols-2 gap-4 max-md:grid-cols-1">
        <Field label={texts.header} hint={texts.ifWanted}>
          {(id) => <Input id={id} name="header" required={value !== ''} className="h-9 font-mono text-sm" />}
        </Field>
        <Field label={texts.itsValue}>
          {(id) => (
            <Input
              id={id}
              name="headerValue"
              type="password"
              autoComplete="off"
              className="h-9 font-mono text-sm"
              value={value}
              onChange={(event) => setValue(event.target.value)}
            />
          )}
        </Field>
      </div>
    </>
  );
}
