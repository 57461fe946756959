import { security as texts } from 'texts:account';
import { basePath } from '../../ui/browser/base-path.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog, DialogClose, DialogContent, DialogDescription, DialogTitle, DialogTrigger } from '../../ui/dialog.tsx';
import { callAuth } from './auth-call.ts';
import { OneFieldForm } from './one-field-form.tsx';

/** Deletes the member's own account, given the password. */
export function AccountDeletion() {
  return (
    <section aria-labelledby="account-deletion" className="flex flex-col gap-4">
      <div>
        <h2 id="account-deletion" className="text-lg font-semibold">
          {texts.deleteAccount}
        </h2>
        <p className="text-sm text-muted-foreground">{texts.aboutDeletion}</p>
      </div>
      <Dialog>
        <DialogTrigger asChild>
          <Button variant="danger" size="large" className="self-start">
            {texts.deleteMine}
          </Button>
        </DialogTrigger>
        <DialogContent>
          <DialogTitle>{texts.deleteQuestion}</DialogTitle>
          <DialogDescription className="mt-1 mb-6 text-muted-foreground">{texts.deleteWarning}</DialogDescription>
          <OneFieldForm
            label={texts.yourPassword}
            type="password"
            autoComplete="current-password"
            hint={texts.leaveEmpty}
            submit={texts.deleteForGood}
            danger
            onSubmit={async (password) => {
              const { refusal } = await callAuth('/delete-account', password === '' ? {} : { password });
              if (refusal !== null) return refusal;
              sessionStorage.clear();
              location.assign(`${basePath()}/sign-in`);
              return null;
            }}
          >
            <DialogClose asChild>
              <Button>{texts.keepIt}</Button>
            </DialogClose>
          </OneFieldForm>
        </DialogContent>
      </Dialog>
    </section>
  );
}
