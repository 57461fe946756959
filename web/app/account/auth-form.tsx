import { connection } from 'texts:everywhere';
import { signIn as texts } from 'texts:sign-in';
import { Link, useSearchParams } from '@remix-run/react';
import { type FormEvent, type ReactNode, useState } from 'react';
import { rememberFirstSteps } from '../frame/first-steps-due.ts';
import { tagged } from '../languages/sentence.tsx';
import { basePath } from '../ui/browser/base-path.ts';
import { Button } from '../ui/button.tsx';
import { ConfirmationSent } from './address-confirmation.tsx';
import { useAlive } from './alive.ts';
import { askAuth, loadAuthClient } from './auth.ts';
import { Alert, AuthPage } from './auth-page.tsx';
import { type Door, describeDoor, isOpen } from './door.ts';
import { LabelledField } from './labelled-field.tsx';
import { Or, Providers } from './providers.tsx';
import { authWords, describeRefusal } from './refusals.ts';
import { wayOn } from './security/way-on.ts';

type Field = 'name' | 'email' | 'password';

/** The form to sign in or to sign up. An error stands below its field. */
export function AuthForm({ kind, door }: { kind: 'sign-in' | 'sign-up'; door: Door }) {
  const [search] = useSearchParams();
  const invitation = search.get('invitation') ?? undefined;
  const alive = useAlive();
  const [unconfirmed, setUnconfirmed] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<{ field: Field | null; message: string } | null>(null);
  const signingUp = kind === 'sign-up';
  const canSignUp = isOpen(door, invitation !== undefined);

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const fields = event.currentTarget;
    const form = new FormData(fields);
    const text = (name: Field) => String(form.get(name) ?? '').trim();
    const values = { email: text('email'), password: String(form.get('password') ?? '') };
    const missing = firstMistake({ ...values, name: signingUp ? text('name') : '-' }, signingUp);
    const refuse = (mistake: Mistake) => {
      setError(mistake);
      if (mistake.field) fields.querySelector<HTMLInputElement>(`[name=${mistake.field}]`)?.focus();
    };
    if (missing) return refuse(missing);
    setBusy(true);
    setError(null);
    const asked = { ...values, name: text('name'), ...(invitation && { invitation }) };
    const made = signingUp ? await askAuth((client) => client.signUp.email(asked)) : null;
    // Where mail is sent, signing up signs only the first admin in.
    const isWaiting = made?.data?.token === null;
    if (isWaiting && !door.firstAccount) return setUnconfirmed(values.email);
    const result = made && !isWaiting ? made : await askAuth((client) => client.signIn.email(values));
    if (result.error?.code === 'EMAIL_NOT_VERIFIED') return setUnconfirmed(values.email);
    if (!result.error && signingUp && door.firstAccount) rememberFirstSteps();
    if (!result.error) return location.assign(basePath() + wayOn(result.data, search.get('to')));
    setBusy(false);
    refuse(toMistake(result.error));
  }

  if (unconfirmed !== null) return <ConfirmationSent email={unconfirmed} />;
  const showsForm = door.passwords && (!signingUp || canSignUp);
  const refusal = signingUp || error ? null : describeRefusal(search, door);
  return (
    <AuthPage
      title={signingUp ? texts.createYourAccount : texts.signIn}
      text={signingUp && door.signInWith.length === 0 ? describeDoor(door, invitation !== undefined) : texts.askSeveral}
    >
      {refusal ? <Alert>{refusal}</Alert> : null}
      <Providers
        providers={door.signInWith}
        label={signingUp ? texts.continueWith : texts.signInWith}
        search={search}
      />
      {door.signInWith.length > 0 && showsForm ? <Or /> : null}
      {showsForm ? (
        <form
          className="flex flex-col gap-4"
          onFocus={() => void loadAuthClient().catch(() => {})}
          onSubmit={(event) => void submit(event)}
          noValidate
        >
          {signingUp ? (
            <LabelledField name="name" label={texts.name} autoComplete="name" error={messageAt(error, 'name')} />
          ) : null}
          <LabelledField
            name="email"
            label={texts.email}
            type="email"
            autoComplete="email"
            error={messageAt(error, 'email')}
          />
          <LabelledField
            name="password"
            label={texts.password}
            type="password"
            autoComplete={signingUp ? 'new-password' : 'current-password'}
            hint={signingUp ? texts.eightOrMore : undefined}
            error={messageAt(error, 'password')}
          />
          {signingUp ? null : <Forgotten />}
          {error && error.field === null ? <Alert>{error.message}</Alert> : null}
          <Button type="submit" variant="primary" size="large" disabled={busy || !alive}>
            {signingUp ? texts.createAccount : texts.signIn}
          </Button>
        </form>
      ) : null}
      {door.passwords ? <Elsewhere signingUp={signingUp} canSignUp={canSignUp} search={search} door={door} /> : null}
    </AuthPage>
  );
}

function Forgotten() {
  return (
    <p className="-mt-3 text-sm">
      <Link to="/forgot-password" className="text-muted-foreground underline underline-offset-3 hover:text-foreground">
        {texts.forgot}
      </Link>
    </p>
  );
}

/** Each of the two pages links to the other. The page to sign in has no link if the visitor cannot sign up. */
function Elsewhere({
  signingUp,
  canSignUp,
  search,
  door,
}: {
  signingUp: boolean;
  canSignUp: boolean;
  search: URLSearchParams;
  door: Door;
}) {
  const linkTo = (pathname: string) => (children: ReactNode) => (
    <Link
      to={{ pathname, search: withoutError(search) }}
      className="font-medium text-primary underline underline-offset-3"
    >
      {children}
    </Link>
  );
  if (!signingUp && !canSignUp && door.signUp === 'CLOSED') return null;
  return (
    <p className="text-sm text-muted-foreground">
      {signingUp ? tagged(texts.haveAccount, { link: linkTo('/sign-in') }) : null}
      {!signingUp && canSignUp ? tagged(texts.newHere, { link: linkTo('/sign-up') }) : null}
      {!signingUp && !canSignUp ? texts.newHereInvited : null}
    </p>
  );
}

function withoutError(search: URLSearchParams): string {
  return new URLSearchParams([...search].filter(([name]) => name !== 'error' && name !== 'with')).toString();
}

interface Mistake {
  field: Field | null;
  message: string;
}

function messageAt(error: Mistake | null, field: Field): string | undefined {
  return error?.field === field ? error.message : undefined;
}

function firstMistake(values: Record<Field, string>, signingUp: boolean): Mistake | null {
  if (!values.name) return { field: 'name', message: texts.nameMissing };
  if (!/^\S+@\S+$/.test(values.email)) return { field: 'email', message: texts.notAnAddress };
  if (!values.password) return { field: 'password', message: texts.passwordMissing };
  if (signingUp && values.password.length < 8) return { field: 'password', message: texts.tooShort };
  return null;
}

const mistakes: Record<string, Mistake> = {
  USER_ALREADY_EXISTS: { field: 'email', message: texts.hasAccount },
  USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL: {
    field: 'email',
    message: texts.hasAccount,
  },
  DOMAIN_NOT_ADMITTED: {
    field: 'email',
    message: texts.notAdmitted,
  },
  INVALID_EMAIL: { field: 'email', message: texts.notAnAddress },
  EMAIL_TOO_LONG: { field: 'email', message: texts.addressTooLong },
  PASSWORD_TOO_SHORT: { field: 'password', message: texts.tooShort },
  PASSWORD_TOO_LONG: { field: 'password', message: texts.tooLong },
  INVALID_EMAIL_OR_PASSWORD: { field: null, message: texts.wrong },
};

function toMistake(error: { code?: string; message?: string; status: number }): Mistake {
  const known = error.code ? mistakes[error.code] : undefined;
  if (known) return known;
  return { field: null, message: authWords(error) ?? connection.unreached };
}
