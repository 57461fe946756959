import { judging as texts } from 'texts:chat';
import { Columns2 } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import type { ResponseFieldsFragment } from '../../graphql/generated/graphql.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog, DialogContent, DialogTitle, DialogTrigger } from '../../ui/dialog.tsx';

const WordComparison = lazy(() => import('./comparing/word-comparison.tsx'));

/** Opens the comparison of two answers by words, which is loaded then. */
export function CompareWords({ shown }: { shown: readonly ResponseFieldsFragment[] }) {
  const [open, setOpen] = useState(false);
  const written = shown.filter(({ text }) => text.trim() !== '');
  if (written.length < 2) return null;
  return (
    <Dialog open={open} onOpenChange={setOpen}>
      <DialogTrigger asChild>
        <Button variant="ghost" size="small" className="max-md:h-[44px]">
          <Columns2 />
          {texts.compareWords}
        </Button>
      </DialogTrigger>
      <DialogContent
        className="flex max-h-[min(88dvh,960px)] w-[min(960px,calc(100vw-32px))] flex-col gap-4"
        aria-describedby={undefined}
      >
        <DialogTitle>{texts.compareWords}</DialogTitle>
        <Suspense fallback={<div className="h-64 animate-breathe rounded-md bg-muted" aria-hidden="true" />}>
          <WordComparison answers={written} />
        </Suspense>
      </DialogContent>
    </Dialog>
  );
}
