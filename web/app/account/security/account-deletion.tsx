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
          Delete account
        </h2>
        <p className="text-sm text-muted-foreground">
          Your conversations, keys and sessions go for good. What your answers cost stays in the books, without your
          name.
        </p>
      </div>
      <Dialog>
        <DialogTrigger asChild>
          <Button variant="danger" size="large" className="self-start">
            Delete my account
          </Button>
        </DialogTrigger>
        <DialogContent>
          <DialogTitle>Delete your account?</DialogTitle>
          <DialogDescription className="mt-1 mb-6 text-muted-foreground">
            You are signed out everywhere, answers in progress stop, and all of your conversations are deleted. This
            cannot be undone. Download your data first if you want to keep it.
          </DialogDescription>
          <OneFieldForm
            label="Your password"
            type="password"
            autoComplete="current-password"
            hint="Leave this empty if you sign in with another service."
            submit="Delete for good"
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
              <Button>Keep it</Button>
            </DialogClose>
          </OneFieldForm>
        </DialogContent>
      </Dialog>
    </section>
  );
}
