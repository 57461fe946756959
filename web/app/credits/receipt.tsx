import { receipt as texts } from 'texts:account';
import { Link } from '@remix-run/react';
import { useCreditFigures } from '../frame/credit-figures.tsx';
import { toAddressId } from '../graphql/address-id.ts';
import type { LedgerEntryFragment, ReceiptFieldsFragment } from '../graphql/generated/graphql.ts';
import { sentence, tagged } from '../languages/sentence.tsx';
import { classes } from '../ui/classes.ts';
import { formatCount, formatUsd } from '../ui/figures.ts';
import { ProviderMark } from '../ui/provider-mark.tsx';
import { decimalsOf, formatMillionths, millionthsOf, roundedUp, sumOf } from './receipt-sum.ts';

const bucketNames: Record<ReceiptFieldsFragment['buckets'][number]['bucket'], string> = {
  INPUT: texts.input,
  IMAGE_INPUT: texts.imageInput,
  CACHED_INPUT: texts.cachedInput,
  CACHE_WRITE_INPUT: texts.cacheWrite,
  OUTPUT: texts.output,
  REASONING: texts.reasoning,
};

const endings: Partial<Record<ReceiptFieldsFragment['status'], string>> = {
  COMPLETED: texts.completed,
  STOPPED: texts.stopped,
  INTERRUPTED: texts.interrupted,
  FAILED: texts.failed,
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
  // Calls of tools are charged beside the tokens, and each step is rounded up.
  const ofSteps = costReported ? 0 : credits - roundedUp(sum);
  const decimals = decimalsOf([...lines.map(millionthsOf), sum]);
  return (
    <div className={classes('flex max-w-[640px] flex-col gap-3', entry && 'rounded-lg border bg-card p-4')}>
      <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <ProviderMark providerId={model.provider.id} />
        <span className="font-medium">{model.name}</span>
        <span className="text-muted-foreground">{model.provider.name}</span>
        <span className="ms-auto text-muted-foreground">{endings[receipt.status]}</span>
      </p>
      {estimated ? <p className="rounded-md bg-warning-soft px-3 py-2">{texts.wasEstimated}</p> : null}
      {costReported ? <p className="rounded-md bg-muted px-3 py-2">{texts.wasReported}</p> : null}
      <table className="figures w-full" aria-label={texts.receiptOf({ model: model.name })}>
        <thead className="text-muted-foreground">
          <tr className="[&>th]:pb-1 [&>th]:text-end [&>th]:font-normal">
            <th scope="col" className="text-start!">
              {texts.tokens}
            </th>
            <th scope="col">{texts.count}</th>
            <th scope="col">
              {tagged(texts.perMillion, {
                wide: (children) => <span className="max-md:hidden">{children}</span>,
                narrow: (children) => <span className="md:hidden">{children}</span>,
              })}
            </th>
            <th scope="col">{texts.credits}</th>
          </tr>
        </thead>
        <tbody className="[&_td]:py-0.5 [&_td]:text-end">
          {lines.map((line) => (
            <tr key={line.bucket} data-line>
              <th scope="row" className="text-start font-normal">
                {bucketNames[line.bucket]}
              </th>
              <td>{formatCount(line.tokens)}</td>
              <td>{formatCount(line.price)}</td>
              <td>{formatMillionths(millionthsOf(line), decimals)}</td>
            </tr>
          ))}
          {requestPrice > 0 ? (
            <Line name={texts.request} value={formatMillionths(BigInt(requestPrice) * 1_000_000n, decimals)} />
          ) : null}
        </tbody>
        <tbody className="[&_td]:py-0.5 [&_td]:text-end [&>tr:first-child>*]:border-t [&>tr:first-child>*]:pt-1.5">
          <Line name={costReported ? texts.sumByPrices : texts.sum} value={formatMillionths(sum, decimals)} />
          {(costReported ? credits === creditsHeld : roundedUp(sum) > credits) ? (
            <Line name={texts.held} value={formatCount(creditsHeld)} />
          ) : null}
          {ofSteps > 0 ? <Line name={texts.ofSteps} value={formatCount(ofSteps)} /> : null}
          <Line name={texts.charged} value={formatCount(credits)} strong />
          {perUsd === null ? null : <Line name={texts.inUsd} value={formatUsd(credits / perUsd)} />}
          {entry ? <Line name={texts.balanceAfter} value={formatCount(entry.balanceAfter)} /> : null}
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
        {note ? texts.notKept({ note }) : texts.deleted}
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
      {evaluation ? (
        sentence(texts.evaluation, { name: <bdi>{evaluation.name}</bdi> })
      ) : (
        <bdi>{conversation.title}</bdi>
      )}
    </Link>
  );
}

function Line({ name, value, strong }: { name: string; value: string; strong?: boolean }) {
  return (
    <tr className={strong ? 'font-semibold' : undefined}>
      <th scope="row" colSpan={3} className={strong ? 'text-start font-semibold' : 'text-start font-normal'}>
        {name}
      </th>
      <td>{value}</td>
    </tr>
  );
}
