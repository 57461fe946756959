import { ui as texts } from 'texts:everywhere';
import { type ReactNode, useState } from 'react';
import { Button } from './button.tsx';
import { Dialog, DialogClose, DialogContent, DialogDescription, DialogTitle } from './dialog.tsx';

interface QuestionProps {
  title: string;
  text: string;
  yes: string;
  /** How the answer that goes on looks. */
  variant?: 'danger' | 'primary';
  onYes: () => void;
  /** The control that opens the dialog, by calling `ask`. */
  children: (ask: () => void) => ReactNode;
}

/** A dialog that asks before an action that hurts somebody, or cannot be taken back. */
export function Question({ title, text, yes, variant = 'danger', onYes, children }: QuestionProps) {
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
              <Button>{texts.cancel}</Button>
            </DialogClose>
            <DialogClose asChild>
              <Button variant={variant} onClick={onYes}>
                {yes}
              </Button>
            </DialogClose>
          </div>
        </DialogContent>
      </Dialog>
    </>
  );
}
