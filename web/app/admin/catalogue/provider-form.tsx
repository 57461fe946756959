import { providerForm as texts } from 'texts:admin';
import { type FormEvent, type ReactNode, useState } from 'react';
import {
  type ProviderFieldsFragment,
  type ProviderKind,
  SetProviderDocument,
} from '../../graphql/generated/graphql.ts';
import { sentence } from '../../languages/sentence.tsx';
import { Button } from '../../ui/button.tsx';
import { Dialog, DialogContent, DialogDescription, DialogTitle } from '../../ui/dialog.tsx';
import { Input } from '../../ui/input.tsx';
import { Select } from '../../ui/select.tsx';
import type { Acting } from '../acting.ts';
import { Field, Refusal } from './field.tsx';
import { headersOf } from './header-input.ts';

const kinds: Record<ProviderKind, string> = {
  OPENAI_COMPATIBLE: texts.compatible,
  OPENAI: 'OpenAI',
  ANTHROPIC: 'Anthropic',
  // not read by people: a name that is the same in all languages
  GOOGLE: 'Google Gemini',
};

/** The id under which the refusals of a new provider are kept. */
const NEW = 'new provider';

interface ProviderFormProps {
  /** Null: a new one. */
  provider: ProviderFieldsFragment | null;
  acting: Acting;
  children: (open: () => void) => ReactNode;
}

/** A dialog in which an admin enters a provider, or the key and the address of one. */
export function ProviderForm({ provider, acting, children }: ProviderFormProps) {
  const [open, setOpen] = useState(false);
  return (
    <>
      {children(() => setOpen(true))}
      <Dialog open={open} onOpenChange={setOpen}>
        <DialogContent className="max-h-[90vh] overflow-y-auto">
          <DialogTitle>{provider ? provider.name : texts.add}</DialogTitle>
          <DialogDescription className="mt-1 text-sm text-muted-foreground">{texts.encrypted}</DialogDescription>
          <Fields provider={provider} acting={acting} onDone={() => setOpen(false)} />
        </DialogContent>
      </Dialog>
    </>
  );
}

function Fields({ provider, acting, onDone }: Omit<ProviderFormProps, 'children'> & { onDone: () => void }) {
  const key = provider?.id ?? NEW;
  const refusal = acting.refusals.get(key);
  const isOwn = provider?.setup?.origin === 'ADMIN' || !provider;
  const ending = provider?.setup?.keyEnding;

  async function save(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? '').trim() || null;
    const input = {
      id: provider?.id ?? text('id') ?? '',
      name: isOwn ? text('name') : null,
      kind: isOwn ? (form.get('kind') as ProviderKind) : null,
      baseUrl: text('baseUrl'),
      apiKey: text('apiKey'),
      headers: headersOf(provider?.setup?.headerNames ?? [], {
        removed: new Set(form.getAll('removedHeader').map(String)),
        added: { name: text('header'), value: text('headerValue') },
      }),
    };
    const done = texts.stored({ name: input.name ?? provider?.name ?? input.id });
    if (await acting.act(key, SetProviderDocument, { input }, done)) onDone();
  }

  return (
    <form className="mt-4 flex flex-col gap-4" autoComplete="off" onSubmit={(event) => void save(event)}>
      {provider ? null : (
        <Field label={texts.id} hint={texts.idHint}>
          {(id) => <Input id={id} name="id" required maxLength={60} className="h-9" placeholder="lab" />}
        </Field>
      )}
      {isOwn ? (
        <div className="grid grid-cols-2 gap-4 max-md:grid-cols-1">
          <Field label={texts.name}>
            {(id) => (
              <Input id={id} name="name" required maxLength={100} className="h-9" defaultValue={provider?.name} />
            )}
          </Field>
          <Field label={texts.speaks}>
            {(id) => (
              <Select
                id={id}
                name="kind"
                className="h-9 w-full"
                defaultValue={provider?.setup?.kind ?? 'OPENAI_COMPATIBLE'}
              >
                {Object.entries(kinds).map(([kind, name]) => (
                  <option key={kind} value={kind}>
                    {name}
                  </option>
                ))}
              </Select>
            )}
          </Field>
        </div>
      ) : null}
      <Field label={texts.address} {...(isOwn ? {} : { hint: texts.usualAddress })}>
        {(id) => (
          <Input
            id={id}
            name="baseUrl"
            type="url"
            className="h-9 font-mono text-sm"
            placeholder="https://lab.example.org/v1"
            defaultValue={provider?.setup?.baseUrl ?? ''}
          />
        )}
      </Field>
      <Field label={texts.key} {...(ending ? { hint: texts.storedKey({ ending }) } : {})}>
        {(id) => <Input id={id} name="apiKey" type="password" autoComplete="off" className="h-9 font-mono text-sm" />}
      </Field>
      <HeaderFields provider={provider} />
      <Refusal text={refusal} />
      <div className="flex justify-end">
        <Button type="submit" variant="primary" disabled={acting.busy.has(key)}>
          {texts.save}
        </Button>
      </div>
    </form>
  );
}

function HeaderFields({ provider }: Pick<ProviderFormProps, 'provider'>) {
  const stored = provider?.setup?.headerNames ?? [];
  const [value, setValue] = useState('');
  return (
    <>
      {stored.length > 0 ? (
        <fieldset className="flex flex-col gap-1">
          <legend className="text-sm font-medium">{texts.storedHeaders}</legend>
          {stored.map((name) => (
            <label key={name} className="flex items-center gap-2 text-sm">
              <input type="checkbox" name="removedHeader" value={name} className="accent-primary" />
              <span className="min-w-0 wrap-anywhere">
                {sentence(texts.removeHeader, { name: <code className="font-mono">{name}</code> })}
              </span>
            </label>
          ))}
        </fieldset>
      ) : null}
      <div className="grid grid-cols-2 gap-4 max-md:grid-cols-1">
        <Field
          label={stored.length > 0 ? texts.anotherHeader : texts.header}
          hint={stored.length > 0 ? texts.sameReplaced : texts.ifWanted}
        >
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
