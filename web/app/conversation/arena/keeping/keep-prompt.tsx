import { arena as texts } from 'texts:chat';
import { ListPlus } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { Button } from '../../../ui/button.tsx';
import { Dialog, DialogContent, DialogDescription, DialogTitle } from '../../../ui/dialog.tsx';
import { Tooltip } from '../../../ui/tooltip.tsx';

const SetChoice = lazy(() => import('./set-choice.tsx'));

/** Opens the choice of a prompt set, which is loaded then: the turn's prompt is kept in it for evaluations. */
export function KeepPrompt({ turnId }: { turnId: string }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Tooltip text={texts.addToSet}>
        <Button variant="ghost" size="icon" aria-label={texts.addPromptToSet} onClick={() => setOpen(true)}>
          <ListPlus />
        </Button>
      </Tooltip>
      <Dialog open={open} onOpenChange={setOpen}>
        <DialogContent className="flex max-h-[88dvh] flex-col gap-4 overflow-y-auto">
          <div>
            <DialogTitle>{texts.addToSet}</DialogTitle>
            <DialogDescription className="mt-1 text-sm text-muted-foreground">{texts.setUse}</DialogDescription>
          </div>
          <Suspense fallback={<div className="h-32 animate-breathe rounded-md bg-muted" aria-hidden="true" />}>
            <SetChoice turnId={turnId} onDone={() => setOpen(false)} />
          </Suspense>
        </DialogContent>
      </Dialog>
    </>
  );
}
