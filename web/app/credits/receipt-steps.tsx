import { receipt as texts } from 'texts:account';
import type { ResponseReceiptQuery } from '../graphql/generated/graphql.ts';
import { formatCount, formatSeconds } from '../ui/figures.ts';

type Receipt = NonNullable<Extract<ResponseReceiptQuery['node'], { __typename: 'Response' }>['receipt']>;

/** The steps that the charge of an answer adds up from: requests to models, and calls of tools. */
export function ReceiptSteps({ steps }: Pick<Receipt, 'steps'>) {
  return (
    <table className="figures w-full" aria-label={texts.steps}>
      <thead className="text-muted-foreground">
        <tr className="[&>th]:pb-1 [&>th]:text-end [&>th]:font-normal">
          <th scope="col" className="text-start!">
            {texts.steps}
          </th>
          <th scope="col">{texts.tokens}</th>
          <th scope="col">{texts.seconds}</th>
          <th scope="col">{texts.credits}</th>
        </tr>
      </thead>
      <tbody className="[&_td]:py-0.5 [&_td]:ps-3 [&_td]:text-end">
        {steps.map(({ number, kind, model, toolName, inputTokens, outputTokens, credits, durationMs }) => (
          <tr key={number}>
            <th scope="row" className="text-start font-normal wrap-anywhere">
              {texts.stepNumber({
                number,
                name: kind === 'TOOL' ? texts.toolStep({ tool: toolName ?? '' }) : (model?.name ?? ''),
              })}
            </th>
            <td>{kind === 'TOOL' ? '' : formatCount(inputTokens + outputTokens)}</td>
            <td>{formatSeconds(durationMs)}</td>
            <td>{formatCount(credits)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
