import { password as texts } from 'texts:account';
import { connection } from 'texts:everywhere';
import { type FormEvent, useState } from 'react';
import { Button } from '../ui/button.tsx';
import { useToast } from '../ui/toast.tsx';
import { askAuth } from './auth.ts';
import { LabelledField } from './labelled-field.tsx';

interface Mistake {
  field: 'current' | 'new' | null;
  message: string;
}

interface PasswordChangeProps {
  email: string;
  /** How many API keys the member has. They keep working unless the member revokes them too. */
  keyCount: number;
  onKeysRevoked: () => void;
}

/** Changes the password, given the current one. All other sessions of the member end. */
export function PasswordChange({ email, keyCount, onKeysRevoked }: PasswordChangeProps) {
  const [mistake, setMistake] = useState<Mistake | null>(null);
  const [busy, setBusy] = useState(false);
  const toast = useToast();

  async function change(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const fields = event.currentTarget;
    const form = new FormData(fields);
    const currentPassword = String(form.get('current') ?? '');
    const newPassword = String(form.get('new') ?? '');
    const refuse = (refusal: Mistake) => {
      setMistake(refusal);
      if (refusal.field) fields.querySelector<HTMLInputElement>(`[name=${refusal.field}]`)?.focus();
    };
    if (!currentPassword) return refuse({ field: 'current', message: texts.currentMissing });
    if (newPassword.length < 8) return refuse({ field: 'new', message: texts.tooShort });
    setBusy(true);
    setMistake(null);
    // One request, so that the server changes the password and revokes the keys, or does neither.
    const revokeApiKeys = form.get('revoke-keys') !== null;
    const passwords = { currentPassword, newPassword, revokeOtherSessions: true, revokeApiKeys };
    const { error } = await askAuth((client) => client.changePassword(passwords));
    setBusy(false);
    if (error) return refuse(toMistake(error));
    fields.reset();
    if (revokeApiKeys) onKeysRevoked();
    toast({ text: revokeApiKeys ? texts.changedAndRevoked : texts.changed });
  }

  return (
    <section aria-labelledby="password" className="flex flex-col gap-4">
      <div>
        <h2 id="password" className="text-lg font-semibold">
          {texts.password}
        </h2>
        <p className="text-sm text-muted-foreground">{texts.signsOut}</p>
      </div>
      <form className="flex flex-col gap-3" onSubmit={(event) => void change(event)} noValidate>
        {/* Browsers store passwords by user name, and read it here. */}
        <input type="text" name="username" autoComplete="username" value={email} readOnly hidden />
        <div className="grid grid-cols-2 gap-x-2 gap-y-3 max-md:grid-cols-1">
          <LabelledField
            name="current"
            label={texts.current}
            type="password"
            autoComplete="current-password"
            error={mistake?.field === 'current' ? mistake.message : undefined}
          />
          <LabelledField
            name="new"
            label={texts.new}
            type="password"
            autoComplete="new-password"
            hint={texts.eightOrMore}
            error={mistake?.field === 'new' ? mistake.message : undefined}
          />
        </div>
        {keyCount > 0 ? (
          <label className="flex cursor-pointer items-start gap-3 self-start text-sm">
            <input
              type="checkbox"
              name="revoke-keys"
              className="mt-0.5 size-4 shrink-0 cursor-pointer accent-primary"
            />
            <span>
              {texts.revokeKeys({ keys: keyCount })}
              <span className="block text-muted-foreground">{texts.revokeWhen}</span>
            </span>
          </label>
        ) : null}
        {mistake && mistake.field === null ? (
          <p role="alert" className="text-sm text-destructive">
            {mistake.message}
          </p>
        ) : null}
        <Button type="submit" size="large" className="self-start" disabled={busy}>
          {texts.change}
        </Button>
      </form>
    </section>
  );
}

const mistakes: Record<string, Mistake> = {
  INVALID_PASSWORD: { field: 'current', message: texts.wrong },
  PASSWORD_TOO_SHORT: { field: 'new', message: texts.tooShort },
  PASSWORD_TOO_LONG: { field: 'new', message: texts.tooLong },
};

function toMistake(error: { code?: string; message?: string; status: number }): Mistake {
  const known = error.code ? mistakes[error.code] : undefined;
  if (known) return known;
  if (error.status === 401) return { field: null, message: texts.signedOut };
  if (error.status === 429) return { field: null, message: texts.tooManyTries };
  return { field: null, message: error.message || connection.unreached };
}
