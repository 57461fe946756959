import { Link } from '@remix-run/react';
import { type FormEvent, useState } from 'react';
import { Button } from '../ui/button.tsx';
import { useAlive } from './alive.ts';
import { Alert, AuthPage } from './auth-page.tsx';
import { authPost } from './auth-post.ts';
import type { Door } from './door.ts';
import { LabelledField } from './labelled-field.tsx';

/** Asks for a link to set a new password. The answer is the same whether the address is a member's or not. */
export function ForgottenPassword({ door }: { door: Door }) {
  const alive = useAlive();
  const [busy, setBusy] = useState(false);
  const [sentTo, setSentTo] = useState<string | null>(null);
  const [mistake, setMistake] = useState<{ field: boolean; message: string } | null>(null);

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const email = String(new FormData(event.currentTarget).get('email') ?? '').trim();
    if (!/^\S+@\S+$/.test(email)) return setMistake({ field: true, message: 'This is not an e-mail address.' });
    setBusy(true);
    const refusal = await authPost('/password/forgot', { email });
    setBusy(false);
    setMistake(refusal && { field: false, message: refusal.message });
    if (!refusal) setSentTo(email);
  }

  if (!door.passwords || !door.sendsMail) {
    return (
      <AuthPage
        title="Forgot your password?"
        text={
          door.passwords
            ? 'This server sends no mail. Ask an admin: they can make a link with which you set a new password.'
            : 'Nobody signs in with a password on this server.'
        }
      >
        <BackToSignIn />
      </AuthPage>
    );
  }
  if (sentTo !== null) {
    return (
      <AuthPage
        title="Look at your mail"
        text={
          <>
            If <bdi className="font-medium text-foreground wrap-anywhere">{sentTo}</bdi> is the address of an account
            with a password, a link to set a new one is on its way. It is good once, for an hour.
          </>
        }
      >
        <BackToSignIn />
      </AuthPage>
    );
  }
  return (
    <AuthPage title="Forgot your password?" text="A mail brings you a link with which you set a new one.">
      <form className="flex flex-col gap-4" onSubmit={(event) => void submit(event)} noValidate>
        <LabelledField
          name="email"
          label="E-mail"
          type="email"
          autoComplete="email"
          error={mistake?.field ? mistake.message : undefined}
        />
        {mistake && !mistake.field ? <Alert>{mistake.message}</Alert> : null}
        <Button type="submit" variant="primary" size="large" disabled={busy || !alive}>
          Send the link
        </Button>
      </form>
      <BackToSignIn />
    </AuthPage>
  );
}

export function BackToSignIn() {
  return (
    <p className="text-sm">
      <Link to="/sign-in" className="font-medium text-primary underline underline-offset-3">
        Back to signing in
      </Link>
    </p>
  );
}
