import { Check, Copy } from 'lucide-react';
import { useCopy } from '../../ui/browser/copy.ts';
import { Button } from '../../ui/button.tsx';

/** The backup codes, which are shown this once. */
export function BackupCodes({ codes, onKept }: { codes: readonly string[]; onKept: () => void }) {
  const [copied, copy] = useCopy();
  const text = codes.join('\n');
  return (
    <div role="status" className="flex flex-col gap-3 rounded-lg bg-primary-soft px-4 py-4 text-sm">
      <p>
        <span className="font-medium">Keep these backup codes somewhere safe.</span> If your phone is lost, each of them
        signs you in once. They will not be shown again, and older ones are void.
      </p>
      <ul aria-label="Backup codes" className="grid grid-cols-2 gap-x-6 gap-y-1 self-start font-mono">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div className="flex flex-wrap gap-2">
        <Button variant="primary" autoFocus onClick={() => copy(text)}>
          {copied ? <Check /> : <Copy />} {copied ? 'Copied' : 'Copy'}
        </Button>
        <Button asChild>
          <a href={`data:text/plain;charset=utf-8,${encodeURIComponent(`${text}\n`)}`} download="backup-codes.txt">
            Download
          </a>
        </Button>
        <Button onClick={onKept}>I have kept them</Button>
      </div>
    </div>
  );
}
