import { secondFactor as texts } from 'texts:sign-in';
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
        label={byBackup ? texts.backupCode : texts.appCode}
        autoComplete="one-time-code"
        autoFocus
        {...(byBackup ? {} : { inputMode: 'numeric' as const })}
        submit={texts.signIn}
        onSubmit={async (text) => {
          const code = text.replaceAll(/\s/g, '');
          if (code === '') return texts.codeMissing;
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
        {byBackup ? texts.useApp : texts.useBackupCode}
      </button>
    </div>
  );
}
