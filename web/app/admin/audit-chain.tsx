import { ShieldAlert, ShieldCheck } from 'lucide-react';
import { useState } from 'react';
import { useClient } from 'urql';
import { AuditChainDocument, type AuditChainQuery } from '../graphql/generated/graphql.ts';
import { Button } from '../ui/button.tsx';
import { formatCount, plural } from '../ui/figures.ts';
import { Time } from '../ui/time.tsx';

type Chain = AuditChainQuery['admin']['auditChain'];

/** Checks on demand whether the audit log is as it was written, and says so. */
export function AuditChain() {
  const client = useClient();
  const [chain, setChain] = useState<Chain | null>(null);
  const [state, setState] = useState<'rest' | 'busy' | 'failed'>('rest');

  async function check(): Promise<void> {
    setState('busy');
    const { data, error } = await client.query(AuditChainDocument, {}).toPromise();
    setState(error ? 'failed' : 'rest');
    setChain(data?.admin.auditChain ?? null);
  }

  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2 rounded-lg border bg-card px-4 py-3 text-sm">
      <div role="status" className="min-w-0 flex-1 basis-80">
        {chain ? (
          <Report chain={chain} />
        ) : (
          <p className="text-muted-foreground">
            {state === 'failed'
              ? 'The log could not be checked. Try again.'
              : 'Each entry carries a hash of itself and of the one before, so a change of any of them can be found.'}
          </p>
        )}
      </div>
      <Button size="small" disabled={state === 'busy'} onClick={() => void check()}>
        {state === 'busy' ? 'Checking…' : 'Check the log'}
      </Button>
    </div>
  );
}

function Report({ chain: { entries, erased, counting, since, position, hash, broken } }: { chain: Chain }) {
  if (broken) {
    return (
      <p className="flex gap-2 text-destructive">
        <ShieldAlert className="mt-0.5 size-4 shrink-0" aria-hidden="true" />
        <span>
          Broken at place {formatCount(broken.position)}
          {broken.entry ? (
            <>
              , an entry of <Time at={broken.entry.createdAt} />
            </>
          ) : null}
          : {broken.reason} Before it,{' '}
          {plural(entries, 'entry is as it was written', 'entries are as they were written')}.
        </span>
      </p>
    );
  }
  const open = counting > 0 ? `${plural(counting, 'entry', 'entries')} of the last minutes will join.` : '';
  if (!since || position === null) return <p>No entry has joined the chain yet. {open}</p>;
  return (
    <div className="flex gap-2">
      <ShieldCheck className="mt-0.5 size-4 shrink-0 text-success" aria-hidden="true" />
      <div className="min-w-0">
        <p>
          Unbroken since <Time at={since} />: {plural(entries, 'entry', 'entries')}
          {erased > 0 ? `, ${formatCount(erased)} of them without the names of deleted members` : ''}. {open}
        </p>
        <p className="text-xs text-muted-foreground">
          The last one is {formatCount(position)}, with the hash{' '}
          <code className="font-mono wrap-anywhere" title={hash ?? ''}>
            {hash?.slice(0, 16)}…
          </code>
        </p>
      </div>
    </div>
  );
}
