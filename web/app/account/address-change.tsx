import { profile as texts } from 'texts:account';
import { type FormEvent, useState } from 'react';
import { Button } from '../ui/button.tsx';
import { Alert } from './auth-page.tsx';
import { authPost } from './auth-post.ts';
import { LabelledField } from './labelled-field.tsx';

interface Mistake {
  field: 'address' | 'password' | null;
  message: string;
}

/** Changes the e-mail address, with a link that goes to the new one. Until it is opened the old address counts. */
export function AddressChange() {
  const [busy, setBusy] = useState(false);
  const [sentTo, setSentTo] = useState<string | null>(null);
  const [mistake, setMistake] = useState<Mistake | null>(null);

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const fields = event.currentTarget;
    const form = new FormData(fields);
    const newEmail = String(form.get('new-email') ?? '').trim();
    const password = String(form.get('address-password') ?? '');
    if (!/^\S+@\S+$/.test(newEmail)) return setMistake({ field: 'address', message: texts.notAnAddress });
    if (!password) return setMistake({ field: 'password', message: texts.passwordMissing });
    setBusy(true);
    const refusal = await authPost('/email/change', { newEmail, password });
    setBusy(false);
    if (refusal?.code === 'INVALID_PASSWORD') return setMistake({ field: 'password', message: texts.wrongPassword });
    setMistake(refusal && { field: null, message: refusal.message });
    if (refusal) return;
    fields.reset();
    setSentTo(newEmail);
  }

  const errorAt = (field: Mistake['field']) => (mistake?.field === field ? mistake?.message : undefined);
  return (
    <section aria-labelledby="address" className="flex flex-col gap-4">
      <h2 id="address" className="text-lg font-semibold">
        {texts.address}
      </h2>
      <form className="flex flex-col gap-4" onSubmit={(event) => void submit(event)} noValidate>
        <LabelledField
          name="new-email"
          label={texts.newAddress}
          type="email"
          autoComplete="email"
          error={errorAt('address')}
        />
        <LabelledField
          name="address-password"
          label={texts.yourPassword}
          type="password"
          autoComplete="current-password"
          error={errorAt('password')}
        />
        {mistake && mistake.field === null ? <Alert>{mistake.message}</Alert> : null}
        <p role="status" className="text-sm text-muted-foreground empty:hidden">
          {sentTo ? texts.linkSent({ address: sentTo }) : null}
        </p>
        <Button type="submit" size="large" className="self-start" disabled={busy}>
          {texts.sendLink}
        </Button>
      </form>
    </section>
  );
}
