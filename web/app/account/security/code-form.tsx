import { useState } from 'react';
import { callAuth } from './auth-call.ts';
import { OneFieldForm } from './one-field-form.tsx';

/** Asks for the second factor after the password: a code of the app, or one of the backup codes. */
export function CodeForm({ onSignedIn }: { onSignedIn: () => void }) {
  const [byBackup, setByBackup] = useState(false);
  const path = byBackup ? '/two-factor/verify-backup-code' : '/two-factor/verify-totp';
  return (
    <div className="flex flex-col gap-4">
      <OneFieldForm
        key={path}
        label={byBackup ? 'A backup code' : 'The code that your app shows'}
        autoComplete="one-time-code"
        autoFocus
        {...(byBackup ? {} : { inputMode: 'numeric' as const })}
        submit="Sign in"
        onSubmit={async (text) => {
          const code = text.replaceAll(/\s/g, '');
          if (code === '') return 'Type the code.';
          const { refusal } = await callAuth(path, { code });
          if (refusal === null) onSignedIn();
          return refusal;
        }}
      />
      <button
        type="button"
        className="self-start text-sm font-medium text-primary underline underline-offset-3"
        onClick={() => setByBackup(!byBackup)}
      >
        {byBackup ? 'Use the app' : 'Use a backup code'}
      </button>
    </div>
  );
}
