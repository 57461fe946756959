import { signIn, passwordReset as texts } from 'texts:sign-in';
import { Link } from '@remix-run/react';
import { type FormEvent, useState } from 'react';
import { Button } from '../ui/button.tsx';
import { useAlive } from './alive.ts';
import { Alert, AuthPage } from './auth-page.tsx';
import { authPost } from './auth-post.ts';
import { BackToSignIn } from './forgotten-password.tsx';
import { LabelledField } from './labelled-field.tsx';

/** Sets a new password with a link that is good once. Its secret stands behind the `#` of the page's address. */
export function NewPassword() {
  const alive = useAlive();
  const [busy, setBusy] = useState(false);
  const [done, setDone] = useState(false);
  const [mistake, setMistake] = useState<{ field: boolean; message: string } | null>(null);

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const newPassword = String(form.get('password') ?? '');
    if (newPassword.length < 8) return setMistake({ field: true, message: signIn.tooShort });
    setBusy(true);
    const revokeApiKeys = form.get('revoke-keys') !== null;
    const refusal = await authPost('/password/reset', { token: location.hash.slice(1), newPassword, revokeApiKeys });
    setBusy(false);
    setMistake(refusal && { field: refusal.code === 'PASSWORD_TOO_LONG', message: refusal.message });
    if (!refusal) setDone(true);
  }

  if (done) {
    return (
      <AuthPage title={texts.changed} text={texts.sessionsEnded}>
        <Button asChild variant="primary" size="large">
          <Link to="/sign-in">{signIn.signIn}</Link>
        </Button>
      </AuthPage>
    );
  }
  return (
    <AuthPage title={texts.setNew} text={texts.sessionsEnd}>
      <form className="flex flex-col gap-4" onSubmit={(event) => void submit(event)} noValidate>
        <LabelledField
          name="password"
          label={texts.newPassword}
          type="password"
          autoComplete="new-password"
          hint={signIn.eightOrMore}
          error={mistake?.field ? mistake.message : undefined}
        />
        <label className="flex items-start gap-2 text-sm">
          <input type="checkbox" name="revoke-keys" className="mt-1 accent-primary" />
          {texts.revokeKeys}
        </label>
        {mistake && !mistake.field ? <Alert>{mistake.message}</Alert> : null}
        <Button type="submit" variant="primary" size="large" disabled={busy || !alive}>
          {texts.setPassword}
        </Button>
      </form>
      <BackToSignIn />
    </AuthPage>
  );
}
