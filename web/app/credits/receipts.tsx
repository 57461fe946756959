import { receipt as texts } from 'texts:account';
import { useEffect, useState } from 'react';
import { useClient } from 'urql';
import { ResponseReceiptDocument, type ResponseReceiptQuery } from '../graphql/generated/graphql.ts';
import { Receipt } from './receipt.tsx';
import { ReceiptSteps } from './receipt-steps.tsx';

type ReceiptWithSteps = Extract<ResponseReceiptQuery['node'], { __typename: 'Response' }>['receipt'];

/** The receipts of these responses, in their order, loaded when they are shown. */
export default function Receipts({ responseIds }: { responseIds: readonly string[] }) {
  const client = useClient();
  const [receipts, setReceipts] = useState<ReceiptWithSteps[] | null>(null);
  const ids = responseIds.join(' ');
  useEffect(() => {
    let wanted = true;
    const loading = ids.split(' ').map((id) => client.query(ResponseReceiptDocument, { id }).toPromise());
    void Promise.all(loading).then((results) => {
      if (!wanted) return;
      setReceipts(results.map(({ data }) => (data?.node?.__typename === 'Response' ? data.node.receipt : null)));
    });
    return () => {
      wanted = false;
    };
  }, [client, ids]);
  if (receipts === null) return <div className="h-52 animate-pulse rounded-md bg-muted" aria-hidden="true" />;
  if (receipts.every((receipt) => receipt === null)) {
    return <p className="text-sm text-muted-foreground">{texts.notLoaded}</p>;
  }
  return (
    <div className="flex flex-col gap-4">
      {receipts.map((receipt, index) =>
        receipt ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: receipts never change their order
          <div key={index} className="flex flex-col gap-3">
            <Receipt receipt={receipt} />
            {receipt.steps.length > 0 ? <ReceiptSteps steps={receipt.steps} /> : null}
          </div>
        ) : null,
      )}
    </div>
  );
}
