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
    if (newPassword.length < 8) return setMistake({ field: true, message: 'Eight characters or more, please.' });
    setBusy(true);
    const revokeApiKeys = form.get('revoke-keys') !== null;
    const refusal = await authPost('/password/reset', { token: location.hash.slice(1), newPassword, revokeApiKeys });
    setBusy(false);
    setMistake(refusal && { field: refusal.code === 'PASSWORD_TOO_LONG', message: refusal.message });
    if (!refusal) setDone(true);
  }

  if (done) {
    return (
      <AuthPage title="Your password is changed" text="All of your sessions have ended. Sign in with the new password.">
        <Button asChild variant="primary" size="large">
          <Link to="/sign-in">Sign in</Link>
        </Button>
      </AuthPage>
    );
  }
  return (
    <AuthPage title="Set a new password" text="All of your sessions end, on every device.">
      <form className="flex flex-col gap-4" onSubmit={(event) => void submit(event)} noValidate>
        <LabelledField
          name="password"
          label="New password"
          type="password"
          autoComplete="new-password"
          hint="Eight characters or more."
          error={mistake?.field ? mistake.message : undefined}
        />
        <label className="flex items-start gap-2 text-sm">
          <input type="checkbox" name="revoke-keys" className="mt-1 accent-primary" />
          Revoke my API keys too: somebody else may have seen them.
        </label>
        {mistake && !mistake.field ? <Alert>{mistake.message}</Alert> : null}
        <Button type="submit" variant="primary" size="large" disabled={busy || !alive}>
          Set the password
        </Button>
      </form>
      <BackToSignIn />
    </AuthPage>
  );
}
