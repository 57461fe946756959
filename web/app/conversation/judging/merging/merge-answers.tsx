import { judging as texts } from 'texts:chat';
import { Merge } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import type { ResponseFieldsFragment, TurnFieldsFragment } from '../../../graphql/generated/graphql.ts';
import { Button } from '../../../ui/button.tsx';
import { classes } from '../../../ui/classes.ts';
import { Dialog, DialogContent, DialogDescription, DialogTitle, DialogTrigger } from '../../../ui/dialog.tsx';

const MergeForm = lazy(() => import('./merge-form.tsx'));

interface MergeAnswersProps {
  turn: TurnFieldsFragment;
  /** What each lane shows. */
  shown: readonly ResponseFieldsFragment[];
  /** Whether a phone has no room for the button. */
  apart: boolean;
}

/** Opens the form, which is loaded then, by which a model makes one answer of several. */
export function MergeAnswers({ turn, shown, apart }: MergeAnswersProps) {
  const [open, setOpen] = useState(false);
  const sources = shown.filter(({ status, text }) => status === 'COMPLETED' && text.trim() !== '');
  if (sources.length < 2) return null;
  return (
    <Dialog open={open} onOpenChange={setOpen}>
      <DialogTrigger asChild>
        <Button variant="ghost" size="small" className={classes('max-md:h-[44px]', apart && 'max-md:hidden')}>
          <Merge />
          {texts.merge}
        </Button>
      </DialogTrigger>
      <DialogContent className="flex max-h-[88dvh] flex-col gap-4 overflow-y-auto">
        <div>
          <DialogTitle>{texts.mergeAnswers}</DialogTitle>
          <DialogDescription className="mt-1 text-sm text-muted-foreground">{texts.mergeMeaning}</DialogDescription>
        </div>
        <Suspense fallback={<div className="h-64 animate-breathe rounded-md bg-muted" aria-hidden="true" />}>
          <MergeForm turn={turn} sources={sources} onDone={() => setOpen(false)} />
        </Suspense>
      </DialogContent>
    </Dialog>
  );
}
