import { addressConfirmation as texts } from 'texts:sign-in';
import { Link } from '@remix-run/react';
import { useState } from 'react';
import { sentence } from '../languages/sentence.tsx';
import { Button } from '../ui/button.tsx';
import { useAlive } from './alive.ts';
import { Alert, AuthPage } from './auth-page.tsx';
import { authPost } from './auth-post.ts';
import { BackToSignIn } from './forgotten-password.tsx';

/**
 * Confirms an address with a link that is good once. It takes a click, since programs that look through mails open all
 * links in them.
 */
export function AddressConfirmation() {
  const alive = useAlive();
  const [busy, setBusy] = useState(false);
  const [done, setDone] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);

  async function confirm(): Promise<void> {
    setBusy(true);
    const refused = await authPost('/email/confirm', { token: location.hash.slice(1) });
    setBusy(false);
    setRefusal(refused?.message ?? null);
    if (!refused) setDone(true);
  }

  if (done) {
    return (
      <AuthPage title={texts.confirmed} text={texts.fromNowOn}>
        <Button asChild variant="primary" size="large">
          <Link to="/">{texts.goOn}</Link>
        </Button>
      </AuthPage>
    );
  }
  return (
    <AuthPage title={texts.confirmYour} text={texts.oneClick}>
      {refusal ? <Alert>{refusal}</Alert> : null}
      <Button variant="primary" size="large" disabled={busy || !alive} onClick={() => void confirm()}>
        {texts.confirm}
      </Button>
      <BackToSignIn />
    </AuthPage>
  );
}

/** Asks somebody to open the mail that was sent to them, and sends it again. */
export function ConfirmationSent({ email }: { email: string }) {
  const [again, setAgain] = useState<{ busy: boolean; text: string | null }>({ busy: false, text: null });

  async function resend(): Promise<void> {
    setAgain({ busy: true, text: null });
    const refused = await authPost('/email/resend', { email });
    setAgain({ busy: false, text: refused?.message ?? texts.sentAgain });
  }

  return (
    <AuthPage
      title={texts.confirmYour}
      text={sentence(texts.sent, {
        address: <bdi className="font-medium text-foreground wrap-anywhere">{email}</bdi>,
      })}
    >
      <Button size="large" disabled={again.busy} onClick={() => void resend()}>
        {texts.sendAgain}
      </Button>
      <p role="status" className="text-sm text-muted-foreground empty:hidden">
        {again.text}
      </p>
      <BackToSignIn />
    </AuthPage>
  );
}
