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
      <Tooltip text="Add to a prompt set">
        <Button variant="ghost" size="icon" aria-label="Add prompt to a set" onClick={() => setOpen(true)}>
          <ListPlus />
        </Button>
      </Tooltip>
      <Dialog open={open} onOpenChange={setOpen}>
        <DialogContent className="flex max-h-[88dvh] flex-col gap-4 overflow-y-auto">
          <div>
            <DialogTitle>Add to a prompt set</DialogTitle>
            <DialogDescription className="mt-1 text-sm text-muted-foreground">
              An evaluation asks the prompts of a set of several models, and says which answers best.
            </DialogDescription>
          </div>
          <Suspense fallback={<div className="h-32 animate-breathe rounded-md bg-muted" aria-hidden="true" />}>
            <SetChoice turnId={turnId} onDone={() => setOpen(false)} />
          </Suspense>
        </DialogContent>
      </Dialog>
    </>
  );
}
