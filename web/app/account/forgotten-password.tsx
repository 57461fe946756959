import { signIn, passwordReset as texts } from 'texts:sign-in';
import { Link } from '@remix-run/react';
import { type FormEvent, useState } from 'react';
import { sentence } from '../languages/sentence.tsx';
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
    if (!/^\S+@\S+$/.test(email)) return setMistake({ field: true, message: signIn.notAnAddress });
    setBusy(true);
    const refusal = await authPost('/password/forgot', { email });
    setBusy(false);
    setMistake(refusal && { field: false, message: refusal.message });
    if (!refusal) setSentTo(email);
  }

  if (!door.passwords || !door.sendsMail) {
    return (
      <AuthPage title={texts.forgot} text={door.passwords ? texts.noMail : texts.noPasswords}>
        <BackToSignIn />
      </AuthPage>
    );
  }
  if (sentTo !== null) {
    return (
      <AuthPage
        title={texts.lookAtMail}
        text={sentence(texts.sent, {
          address: <bdi className="font-medium text-foreground wrap-anywhere">{sentTo}</bdi>,
        })}
      >
        <BackToSignIn />
      </AuthPage>
    );
  }
  return (
    <AuthPage title={texts.forgot} text={texts.mailBrings}>
      <form className="flex flex-col gap-4" onSubmit={(event) => void submit(event)} noValidate>
        <LabelledField
          name="email"
          label={signIn.email}
          type="email"
          autoComplete="email"
          error={mistake?.field ? mistake.message : undefined}
        />
        {mistake && !mistake.field ? <Alert>{mistake.message}</Alert> : null}
        <Button type="submit" variant="primary" size="large" disabled={busy || !alive}>
          {texts.sendLink}
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
        {texts.backToSignIn}
      </Link>
    </p>
  );
}
