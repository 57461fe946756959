import { createContext, type ReactNode, useContext } from 'react';
import { formatUsd } from '../ui/figures.ts';

/** How figures of credits are shown and explained, wherever they stand. */
export interface CreditFigures {
  /** How many credits are 1 USD; null: members see credits only. */
  perUsd: number | null;
  /** When the viewer's own credits are topped up. */
  renewsAt: string;
  /** Whether the viewer may change their plan themselves. */
  planChanges: boolean;
  /** The receipts of these responses. */
  receiptsOf(responseIds: readonly string[]): ReactNode;
}

const CreditFiguresContext = createContext<CreditFigures>({
  perUsd: null,
  renewsAt: '1970-01-01',
  planChanges: false,
  receiptsOf: () => null,
});
export const CreditFiguresProvider = CreditFiguresContext.Provider;

export function useCreditFigures(): CreditFigures {
  return useContext(CreditFiguresContext);
}

/** What credits are worth, as `$0.0033`, beside their figure. Nothing where members see credits only. */
export function Worth({ credits, before = ' · ' }: { credits: number; before?: string }) {
  const { perUsd } = useCreditFigures();
  if (perUsd === null) return null;
  return (
    <>
      {before}
      {formatUsd(credits / perUsd)}
    </>
  );
}
