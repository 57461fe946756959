import { security as texts } from 'texts:account';
import { Check, Copy } from 'lucide-react';
import { tagged } from '../../languages/sentence.tsx';
import { useCopy } from '../../ui/browser/copy.ts';
import { Button } from '../../ui/button.tsx';

/** The backup codes, which are shown this once. */
export function BackupCodes({ codes, onKept }: { codes: readonly string[]; onKept: () => void }) {
  const [copied, copy] = useCopy();
  const text = codes.join('\n');
  return (
    <div role="status" className="flex flex-col gap-3 rounded-lg bg-primary-soft px-4 py-4 text-sm">
      <p>{tagged(texts.keepCodes, { b: (children) => <span className="font-medium">{children}</span> })}</p>
      <ul aria-label={texts.backupCodes} className="grid grid-cols-2 gap-x-6 gap-y-1 self-start font-mono">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div className="flex flex-wrap gap-2">
        <Button variant="primary" autoFocus onClick={() => copy(text)}>
          {copied ? <Check /> : <Copy />} {copied ? texts.copied : texts.copy}
        </Button>
        <Button asChild>
          <a href={`data:text/plain;charset=utf-8,${encodeURIComponent(`${text}\n`)}`} download="backup-codes.txt">
            {texts.download}
          </a>
        </Button>
        <Button onClick={onKept}>{texts.haveKept}</Button>
      </div>
    </div>
  );
}
