import { Link, useSearchParams } from '@remix-run/react';
import { type FormEvent, useState } from 'react';
import { rememberFirstSteps } from '../frame/first-steps-due.ts';
import { basePath } from '../ui/browser/base-path.ts';
import { Button } from '../ui/button.tsx';
import { ConfirmationSent } from './address-confirmation.tsx';
import { useAlive } from './alive.ts';
import { askAuth, loadAuthClient } from './auth.ts';
import { Alert, AuthPage } from './auth-page.tsx';
import { type Door, describeDoor, isOpen } from './door.ts';
import { LabelledField } from './labelled-field.tsx';
import { Or, Providers } from './providers.tsx';
import { describeRefusal } from './refusals.ts';
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
      title={signingUp ? 'Create your account' : 'Sign in'}
      text={
        signingUp && door.signInWith.length === 0
          ? describeDoor(door, invitation !== undefined)
          : 'Ask several models at once, and watch them answer side by side.'
      }
    >
      {refusal ? <Alert>{refusal}</Alert> : null}
      <Providers providers={door.signInWith} verb={signingUp ? 'Continue' : 'Sign in'} search={search} />
      {door.signInWith.length > 0 && showsForm ? <Or /> : null}
      {showsForm ? (
        <form
          className="flex flex-col gap-4"
          onFocus={() => void loadAuthClient().catch(() => {})}
          onSubmit={(event) => void submit(event)}
          noValidate
        >
          {signingUp ? (
            <LabelledField name="name" label="Name" autoComplete="name" error={messageAt(error, 'name')} />
          ) : null}
          <LabelledField
            name="email"
            label="E-mail"
            type="email"
            autoComplete="email"
            error={messageAt(error, 'email')}
          />
          <LabelledField
            name="password"
            label="Password"
            type="password"
            autoComplete={signingUp ? 'new-password' : 'current-password'}
            hint={signingUp ? 'Eight characters or more.' : undefined}
            error={messageAt(error, 'password')}
          />
          {signingUp ? null : <Forgotten />}
          {error && error.field === null ? <Alert>{error.message}</Alert> : null}
          <Button type="submit" variant="primary" size="large" disabled={busy || !alive}>
            {signingUp ? 'Create account' : 'Sign in'}
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
        Forgot your password?
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
  const link = (pathname: string, label: string) => (
    <Link
      to={{ pathname, search: withoutError(search) }}
      className="font-medium text-primary underline underline-offset-3"
    >
      {label}
    </Link>
  );
  if (!signingUp && !canSignUp && door.signUp === 'CLOSED') return null;
  return (
    <p className="text-sm text-muted-foreground">
      {signingUp ? <>You have an account? {link('/sign-in', 'Sign in')}</> : null}
      {!signingUp && canSignUp ? <>New here? {link('/sign-up', 'Create an account')}</> : null}
      {!signingUp && !canSignUp ? 'New here? You need an invitation to sign up. Ask an admin for a link.' : null}
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
  if (!values.name) return { field: 'name', message: 'Enter your name.' };
  if (!/^\S+@\S+$/.test(values.email)) return { field: 'email', message: 'This is not an e-mail address.' };
  if (!values.password) return { field: 'password', message: 'Enter your password.' };
  if (signingUp && values.password.length < 8)
    return { field: 'password', message: 'Eight characters or more, please.' };
  return null;
}

const mistakes: Record<string, Mistake> = {
  USER_ALREADY_EXISTS: { field: 'email', message: 'This address already has an account. Sign in instead.' },
  USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL: {
    field: 'email',
    message: 'This address already has an account. Sign in instead.',
  },
  DOMAIN_NOT_ADMITTED: {
    field: 'email',
    message: 'Use your organisation’s e-mail address, or an invitation link.',
  },
  INVALID_EMAIL: { field: 'email', message: 'This is not an e-mail address.' },
  EMAIL_TOO_LONG: { field: 'email', message: 'An e-mail address has at most 254 characters.' },
  PASSWORD_TOO_SHORT: { field: 'password', message: 'Eight characters or more, please.' },
  PASSWORD_TOO_LONG: { field: 'password', message: 'This password is too long.' },
  INVALID_EMAIL_OR_PASSWORD: { field: null, message: 'The e-mail address or the password is wrong.' },
};

function toMistake(error: { code?: string; message?: string; status: number }): Mistake {
  const known = error.code ? mistakes[error.code] : undefined;
  if (known) return known;
  return { field: null, message: error.message || 'The server could not be reached. Try again.' };
}
