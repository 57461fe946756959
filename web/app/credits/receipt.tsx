import { Link } from '@remix-run/react';
import { useCreditFigures } from '../frame/credit-figures.tsx';
import { toAddressId } from '../graphql/address-id.ts';
import type { LedgerEntryFragment, ReceiptFieldsFragment } from '../graphql/generated/graphql.ts';
import { classes } from '../ui/classes.ts';
import { formatCount, formatUsd } from '../ui/figures.ts';
import { ProviderMark } from '../ui/provider-mark.tsx';
import { decimalsOf, formatMillionths, millionthsOf, roundedUp, sumOf } from './receipt-sum.ts';

const bucketNames: Record<ReceiptFieldsFragment['buckets'][number]['bucket'], string> = {
  INPUT: 'Input',
  IMAGE_INPUT: 'Input, images',
  CACHED_INPUT: 'Input, from the cache',
  CACHE_WRITE_INPUT: 'Input, written to the cache',
  OUTPUT: 'Output',
  REASONING: 'Reasoning',
};

const endings: Partial<Record<ReceiptFieldsFragment['status'], string>> = {
  COMPLETED: '✓ completed',
  STOPPED: '■ stopped',
  INTERRUPTED: '‖ interrupted',
  FAILED: '⚠ failed',
};

interface ReceiptProps {
  receipt: ReceiptFieldsFragment;
  /** The entry of the ledger that it explains. Absent: it stands beside its answer. */
  entry?: Pick<LedgerEntryFragment, 'balanceAfter' | 'response' | 'note'>;
}

/** Explains a charge: tokens times price, added up and rounded up once, or the cost that the provider reported. */
export function Receipt({ receipt, entry }: ReceiptProps) {
  const { perUsd } = useCreditFigures();
  const { model, buckets, requestPrice, credits, creditsHeld, estimated, costReported } = receipt;
  const lines = buckets.filter(({ tokens }) => tokens > 0);
  const sum = sumOf(receipt);
  const decimals = decimalsOf([...lines.map(millionthsOf), sum]);
  return (
    <div className={classes('flex max-w-[640px] flex-col gap-3', entry && 'rounded-lg border bg-card p-4')}>
      <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <ProviderMark providerId={model.provider.id} />
        <span className="font-medium">{model.name}</span>
        <span className="text-muted-foreground">{model.provider.name}</span>
        <span className="ml-auto text-muted-foreground">{endings[receipt.status]}</span>
      </p>
      {estimated ? (
        <p className="rounded-md bg-warning-soft px-3 py-2">
          Estimated: the provider reported no usage, so this server counted the tokens.
        </p>
      ) : null}
      {costReported ? (
        <p className="rounded-md bg-muted px-3 py-2">
          The provider reported what this answer cost, and that was charged. By the prices of this server it would have
          cost the sum below.
        </p>
      ) : null}
      <table className="figures w-full" aria-label={`Receipt of ${model.name}`}>
        <thead className="text-muted-foreground">
          <tr className="[&>th]:pb-1 [&>th]:text-right [&>th]:font-normal">
            <th scope="col" className="text-left!">
              Tokens
            </th>
            <th scope="col">Count</th>
            <th scope="col">
              Credits <span className="max-md:hidden">per million</span>
              <span className="md:hidden">/ million</span>
            </th>
            <th scope="col">Credits</th>
          </tr>
        </thead>
        <tbody className="[&_td]:py-0.5 [&_td]:text-right">
          {lines.map((line) => (
            <tr key={line.bucket} data-line>
              <th scope="row" className="text-left font-normal">
                {bucketNames[line.bucket]}
              </th>
              <td>{formatCount(line.tokens)}</td>
              <td>{formatCount(line.price)}</td>
              <td>{formatMillionths(millionthsOf(line), decimals)}</td>
            </tr>
          ))}
          {requestPrice > 0 ? (
            <Line name="The request itself" value={formatMillionths(BigInt(requestPrice) * 1_000_000n, decimals)} />
          ) : null}
        </tbody>
        <tbody className="[&_td]:py-0.5 [&_td]:text-right [&>tr:first-child>*]:border-t [&>tr:first-child>*]:pt-1.5">
          <Line name={costReported ? 'Sum by these prices' : 'Sum'} value={formatMillionths(sum, decimals)} />
          {(costReported ? credits === creditsHeld : roundedUp(sum) > credits) ? (
            <Line name="Held, the most that is charged" value={formatCount(creditsHeld)} />
          ) : null}
          <Line name="Charged, rounded up" value={formatCount(credits)} strong />
          {perUsd === null ? null : <Line name="In USD" value={formatUsd(credits / perUsd)} />}
          {entry ? <Line name="Balance after" value={formatCount(entry.balanceAfter)} /> : null}
        </tbody>
      </table>
      {entry ? <Origin {...entry} /> : null}
    </div>
  );
}

/** Leads to where the answer stands: in a conversation, or in an evaluation, whose conversations nobody goes on with. */
function Origin({ response, note }: Pick<LedgerEntryFragment, 'response' | 'note'>) {
  if (!response) {
    return (
      <p className="text-muted-foreground">
        {/* A charge without a conversation has a note that says what it was for. */}
        {note ? `${note}: a program asked, and the text was not kept.` : 'The conversation was deleted.'}
      </p>
    );
  }
  const { id, conversation } = response.turn;
  const { evaluation } = conversation;
  return (
    <Link
      to={
        evaluation
          ? `/evaluations/${toAddressId(evaluation.id)}`
          : `/c/${toAddressId(conversation.id)}?through=${toAddressId(id)}`
      }
      className="truncate text-primary underline underline-offset-3"
    >
      {evaluation ? 'An evaluation: ' : null}
      <bdi>{evaluation?.name ?? conversation.title}</bdi>
    </Link>
  );
}

function Line({ name, value, strong }: { name: string; value: string; strong?: boolean }) {
  return (
    <tr className={strong ? 'font-semibold' : undefined}>
      <th scope="row" colSpan={3} className={strong ? 'text-left font-semibold' : 'text-left font-normal'}>
        {name}
      </th>
      <td>{value}</td>
    </tr>
  );
}
