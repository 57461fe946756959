import { security as texts } from 'texts:account';
import { useRevalidator } from '@remix-run/react';
import { ShieldCheck } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../../ui/button.tsx';
import { useToast } from '../../ui/toast.tsx';
import { callAuth } from './auth-call.ts';
import { BackupCodes } from './backup-codes.tsx';
import { OneFieldForm } from './one-field-form.tsx';
import { QrCode } from './qr-code.tsx';

/** Where the member is between the first click and the end of it. */
type Step =
  | { name: 'rest' }
  | { name: 'turn-on' | 'turn-off' | 'renew' }
  | { name: 'scan'; totpURI: string; backupCodes: string[] }
  | { name: 'codes'; backupCodes: string[] };

/** Switches the second factor on and off, and shows its backup codes once. */
export function TwoFactor({ isOn }: { isOn: boolean }) {
  const [step, setStep] = useState<Step>({ name: 'rest' });
  return (
    <section aria-labelledby="two-factor" className="flex flex-col gap-4">
      <div>
        <h2 id="two-factor" className="text-lg font-semibold">
          {texts.secondFactor}
        </h2>
        <p className="text-sm text-muted-foreground">{texts.aboutSecondFactor}</p>
      </div>
      <Stage isOn={isOn} step={step} setStep={setStep} />
    </section>
  );
}

interface StageProps {
  isOn: boolean;
  step: Step;
  setStep: (step: Step) => void;
}

function Stage({ isOn, step, setStep }: StageProps) {
  const { revalidate } = useRevalidator();
  const toast = useToast();
  const rest = () => setStep({ name: 'rest' });
  const cancel = <Button onClick={rest}>{texts.cancel}</Button>;
  switch (step.name) {
    case 'rest':
      return <Rest isOn={isOn} setStep={setStep} />;
    case 'turn-on':
      return (
        <PasswordForm
          submit={texts.goOn}
          onPassword={async (password) => {
            const { data, refusal } = await callAuth<Secrets>('/two-factor/enable', { password });
            if (data) setStep({ name: 'scan', ...data });
            return refusal;
          }}
        >
          {cancel}
        </PasswordForm>
      );
    case 'scan':
      return (
        <Scan totpURI={step.totpURI} onTaken={() => setStep({ name: 'codes', backupCodes: step.backupCodes })}>
          {cancel}
        </Scan>
      );
    case 'codes':
      return (
        <BackupCodes
          codes={step.backupCodes}
          onKept={() => {
            rest();
            revalidate();
          }}
        />
      );
    case 'renew':
      return (
        <PasswordForm
          submit={texts.makeCodes}
          onPassword={async (password) => {
            const path = '/two-factor/generate-backup-codes';
            const { data, refusal } = await callAuth<Pick<Secrets, 'backupCodes'>>(path, { password });
            if (data) setStep({ name: 'codes', backupCodes: data.backupCodes });
            return refusal;
          }}
        >
          {cancel}
        </PasswordForm>
      );
    case 'turn-off':
      return (
        <PasswordForm
          submit={texts.turnOff}
          danger
          onPassword={async (password) => {
            const { refusal } = await callAuth('/two-factor/disable', { password });
            if (refusal !== null) return refusal;
            rest();
            revalidate();
            toast({ text: texts.passwordAlone });
            return null;
          }}
        >
          {cancel}
        </PasswordForm>
      );
  }
}

interface Secrets {
  totpURI: string;
  backupCodes: string[];
}

function Rest({ isOn, setStep }: Pick<StageProps, 'isOn' | 'setStep'>) {
  if (!isOn) {
    return (
      <Button size="large" className="self-start" onClick={() => setStep({ name: 'turn-on' })}>
        {texts.setUp}
      </Button>
    );
  }
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-3 rounded-lg border bg-card px-4 py-3 text-sm">
      <p className="flex flex-1 items-center gap-2 font-medium whitespace-nowrap">
        <ShieldCheck className="size-4 text-success" aria-hidden="true" /> {texts.on}
      </p>
      <div className="flex flex-wrap gap-2">
        <Button size="small" onClick={() => setStep({ name: 'renew' })}>
          {texts.newBackupCodes}
        </Button>
        <Button size="small" variant="danger" onClick={() => setStep({ name: 'turn-off' })}>
          {texts.turnOff}
        </Button>
      </div>
    </div>
  );
}

interface PasswordFormProps extends Pick<Parameters<typeof OneFieldForm>[0], 'submit' | 'danger' | 'children'> {
  onPassword: (password: string) => Promise<string | null>;
}

function PasswordForm({ onPassword, ...props }: PasswordFormProps) {
  return (
    <OneFieldForm
      label={texts.yourPassword}
      type="password"
      autoComplete="current-password"
      onSubmit={async (password) => (password === '' ? texts.passwordMissing : onPassword(password))}
      {...props}
    />
  );
}

function Scan({
  totpURI,
  onTaken,
  children,
}: { totpURI: string; onTaken: () => void } & Pick<Parameters<typeof OneFieldForm>[0], 'children'>) {
  const secret = new URL(totpURI).searchParams.get('secret') ?? '';
  return (
    <div className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-6 gap-y-4 rounded-lg border bg-card p-4 max-md:grid-cols-1">
      <QrCode text={totpURI} label={texts.qrCode} />
      <div className="flex flex-col gap-4 text-sm">
        <p>{texts.scan}</p>
        <code className="figures self-start rounded-md bg-muted px-2 py-1 font-mono text-xs wrap-anywhere">
          {(secret.match(/.{1,4}/g) ?? []).join(' ')}
        </code>
        <OneFieldForm
          label={texts.appCode}
          autoComplete="one-time-code"
          inputMode="numeric"
          submit={texts.turnOn}
          onSubmit={async (text) => {
            const { refusal } = await callAuth('/two-factor/verify-totp', { code: text.replaceAll(/\s/g, '') });
            if (refusal === null) onTaken();
            return refusal;
          }}
        >
          {children}
        </OneFieldForm>
      </div>
    </div>
  );
}
