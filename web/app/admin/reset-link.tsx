import { Check, Copy } from 'lucide-react';
import { useState } from 'react';
import { useClient } from 'urql';
import { CreatePasswordResetLinkDocument, type UserFieldsFragment } from '../graphql/generated/graphql.ts';
import { useCopy } from '../ui/browser/copy.ts';
import { Button } from '../ui/button.tsx';
import { Dialog, DialogClose, DialogContent, DialogDescription, DialogTitle } from '../ui/dialog.tsx';

type State = { kind: 'asking' } | { kind: 'made'; url: string } | { kind: 'refused'; message: string };

/** Makes a link with which a member sets a new password, for the admin to hand over. It is shown once. */
export function ResetLink({ user, onClose }: { user: UserFieldsFragment; onClose: () => void }) {
  const client = useClient();
  const [busy, setBusy] = useState(false);
  const [state, setState] = useState<State>({ kind: 'asking' });

  async function make(): Promise<void> {
    setBusy(true);
    const { data, error } = await client.mutation(CreatePasswordResetLinkDocument, { userId: user.id }).toPromise();
    setBusy(false);
    if (data) return setState({ kind: 'made', url: data.createPasswordResetLink.url });
    setState({ kind: 'refused', message: error?.graphQLErrors[0]?.message ?? 'The server could not be reached.' });
  }

  return (
    <Dialog open onOpenChange={(open) => (open ? undefined : onClose())}>
      <DialogContent>
        <DialogTitle>A new password for {user.name}</DialogTitle>
        <DialogDescription className="mt-1 text-muted-foreground">
          {state.kind === 'made'
            ? 'Hand this link over yourself. It is good once, for 24 hours, and is not shown again.'
            : 'A link lets its reader set a new password, once, within 24 hours. All sessions of the member end then. It is in the audit log that you made it.'}
        </DialogDescription>
        {state.kind === 'made' ? <Made url={state.url} /> : null}
        {state.kind === 'refused' ? (
          <p role="alert" className="mt-4 rounded-md bg-destructive-soft px-3 py-2 text-sm text-destructive">
            {state.message}
          </p>
        ) : null}
        <div className="mt-6 flex justify-end gap-2">
          <DialogClose asChild>
            <Button>{state.kind === 'made' ? 'Done' : 'Cancel'}</Button>
          </DialogClose>
          {state.kind === 'asking' ? (
            <Button variant="primary" disabled={busy} onClick={() => void make()}>
              Make a link
            </Button>
          ) : null}
        </div>
      </DialogContent>
    </Dialog>
  );
}

function Made({ url }: { url: string }) {
  const [copied, copy] = useCopy();
  return (
    <div className="mt-4 flex items-center gap-2">
      <code className="min-w-0 flex-1 rounded-md bg-muted px-3 py-2 font-mono text-xs wrap-anywhere">{url}</code>
      <Button size="icon" aria-label="Copy the link" onClick={() => copy(url)}>
        {copied ? <Check /> : <Copy />}
      </Button>
    </div>
  );
}
