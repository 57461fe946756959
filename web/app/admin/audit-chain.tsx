import { audit as texts } from 'texts:admin';
import { ShieldAlert, ShieldCheck } from 'lucide-react';
import { useState } from 'react';
import { useClient } from 'urql';
import { AuditChainDocument, type AuditChainQuery } from '../graphql/generated/graphql.ts';
import { sentence } from '../languages/sentence.tsx';
import { Button } from '../ui/button.tsx';
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
          <p className="text-muted-foreground">{state === 'failed' ? texts.checkFailed : texts.hashes}</p>
        )}
      </div>
      <Button size="small" disabled={state === 'busy'} onClick={() => void check()}>
        {state === 'busy' ? texts.checking : texts.check}
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
          {broken.entry
            ? sentence(texts.brokenEntry, {
                ...{ position: broken.position, reason: broken.reason, entries },
                time: <Time at={broken.entry.createdAt} />,
              })
            : texts.broken({ position: broken.position, reason: broken.reason, entries })}
        </span>
      </p>
    );
  }
  const open = counting > 0 ? texts.willJoin({ count: counting }) : '';
  if (!since || position === null)
    return (
      <p>
        {texts.noneJoined} {open}
      </p>
    );
  const time = <Time at={since} />;
  return (
    <div className="flex gap-2">
      <ShieldCheck className="mt-0.5 size-4 shrink-0 text-success" aria-hidden="true" />
      <div className="min-w-0">
        <p>
          {erased > 0
            ? sentence(texts.unbrokenErased, { time, entries, erased })
            : sentence(texts.unbroken, { time, entries })}{' '}
          {open}
        </p>
        <p className="text-xs text-muted-foreground">
          {sentence(texts.last, {
            position,
            hash: (
              <code className="font-mono wrap-anywhere" title={hash ?? ''}>
                {hash?.slice(0, 16)}…
              </code>
            ),
          })}
        </p>
      </div>
    </div>
  );
}
