import { type ReactNode, useState } from 'react';
import { Button } from '../ui/button.tsx';
import { Dialog, DialogClose, DialogContent, DialogDescription, DialogTitle } from '../ui/dialog.tsx';

interface QuestionProps {
  title: string;
  text: string;
  yes: string;
  onYes: () => void;
  /** The control that opens the dialog, by calling `ask`. */
  children: (ask: () => void) => ReactNode;
}

/** A dialog that asks before an action that hurts somebody. */
export function Question({ title, text, yes, onYes, children }: QuestionProps) {
  const [open, setOpen] = useState(false);
  return (
    <>
      {children(() => setOpen(true))}
      <Dialog open={open} onOpenChange={setOpen}>
        <DialogContent>
          <DialogTitle>{title}</DialogTitle>
          <DialogDescription className="mt-1 text-muted-foreground">{text}</DialogDescription>
          <div className="mt-6 flex justify-end gap-2">
            <DialogClose asChild>
              <Button>Cancel</Button>
            </DialogClose>
            <DialogClose asChild>
              <Button variant="danger" onClick={onYes}>
                {yes}
              </Button>
            </DialogClose>
          </div>
        </DialogContent>
      </Dialog>
    </>
  );
}
