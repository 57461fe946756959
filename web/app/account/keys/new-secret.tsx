import { keys as texts } from 'texts:account';
import { Check, Copy } from 'lucide-react';
import { useCopy } from '../../ui/browser/copy.ts';
import { Button } from '../../ui/button.tsx';

/** The secret of a key that was made just now. It is shown this once. */
export function NewSecret({ secret }: { secret: string }) {
  const [copied, copy] = useCopy();
  return (
    <div role="status" className="flex flex-col gap-2 rounded-lg bg-primary-soft px-4 py-3 text-sm">
      <p>{texts.copyNow}</p>
      <div className="flex items-center gap-2">
        <code className="min-w-0 flex-1 font-mono wrap-anywhere">{secret}</code>
        <Button autoFocus size="small" onClick={() => copy(secret)}>
          {copied ? <Check /> : <Copy />} {copied ? texts.copied : texts.copy}
        </Button>
      </div>
    </div>
  );
}
