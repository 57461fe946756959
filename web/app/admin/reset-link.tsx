import { pages as pageTexts, users as texts } from 'texts:admin';
import { Check, Copy } from 'lucide-react';
import { useState } from 'react';
import { useClient } from 'urql';
import { CreatePasswordResetLinkDocument, type UserFieldsFragment } from '../graphql/generated/graphql.ts';
import { errorWords } from '../graphql/refusal.ts';
import { sentence } from '../languages/sentence.tsx';
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
    setState({ kind: 'refused', message: errorWords(error) ?? pageTexts.unreachable });
  }

  return (
    <Dialog open onOpenChange={(open) => (open ? undefined : onClose())}>
      <DialogContent>
        <DialogTitle>{sentence(texts.newPasswordFor, { name: <bdi>{user.name}</bdi> })}</DialogTitle>
        <DialogDescription className="mt-1 text-muted-foreground">
          {state.kind === 'made' ? texts.handOver : texts.resetWhy}
        </DialogDescription>
        {state.kind === 'made' ? <Made url={state.url} /> : null}
        {state.kind === 'refused' ? (
          <p role="alert" className="mt-4 rounded-md bg-destructive-soft px-3 py-2 text-sm text-destructive">
            {state.message}
          </p>
        ) : null}
        <div className="mt-6 flex justify-end gap-2">
          <DialogClose asChild>
            <Button>{state.kind === 'made' ? texts.done : texts.cancel}</Button>
          </DialogClose>
          {state.kind === 'asking' ? (
            <Button variant="primary" disabled={busy} onClick={() => void make()}>
              {texts.makeLink}
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
      <Button size="icon" aria-label={texts.copyLink} onClick={() => copy(url)}>
        {copied ? <Check /> : <Copy />}
      </Button>
    </div>
  );
}
