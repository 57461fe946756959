import { credits as texts } from 'texts:chat';
import { useEffect, useRef, useState } from 'react';
import { useClient } from 'urql';
import {
  type BudgetAlertFieldsFragment,
  BudgetAlertsDocument,
  DismissBudgetAlertDocument,
} from '../graphql/generated/graphql.ts';
import { language } from '../languages/locale.ts';
import { Button } from '../ui/button.tsx';
import { formatPercent } from '../ui/figures.ts';
import { useCredits } from './credit-meter.tsx';

/** Says in a line for each budget that nears its end how much of it is spent. */
export function BudgetAlerts({ loaded }: { loaded: readonly BudgetAlertFieldsFragment[] }) {
  const client = useClient();
  const { balance } = useCredits();
  const [alerts, setAlerts] = useState(loaded);
  const known = useRef(balance);
  // Only a charge can cross a part of a budget.
  useEffect(() => {
    if (known.current === balance) return;
    known.current = balance;
    let wanted = true;
    void client
      .query(BudgetAlertsDocument, {}, { requestPolicy: 'network-only' })
      .toPromise()
      .then(({ data }) => {
        if (wanted && data?.viewer) setAlerts(data.viewer.alerts);
      });
    return () => {
      wanted = false;
    };
  }, [client, balance]);

  async function dismiss(id: string): Promise<void> {
    const { error } = await client.mutation(DismissBudgetAlertDocument, { id }).toPromise();
    if (!error) setAlerts((shown) => shown.filter((alert) => alert.id !== id));
  }

  if (alerts.length === 0) return null;
  return (
    <ul aria-label={texts.budgets} className="border-b bg-warning-soft text-sm print:hidden">
      {alerts.map((alert) => (
        <li key={alert.id} className="flex items-center gap-3 px-6 py-1.5 max-md:px-3">
          <p role="status" className="figures min-w-0 flex-1">
            <span aria-hidden="true" className="text-warning">
              ⚠{' '}
            </span>
            {alertWords(alert)}
          </p>
          <Button size="small" variant="ghost" onClick={() => void dismiss(alert.id)}>
            {texts.dismiss}
          </Button>
        </li>
      ))}
    </ul>
  );
}

/** The API's sentence, which is in English, or the catalogue's in another language. */
function alertWords({ scope, name, percent, budget, message }: BudgetAlertFieldsFragment): string {
  if (language === 'en') return message;
  const used = { share: formatPercent(percent / 100), credits: budget };
  if (scope === 'MEMBER') return texts.memberUsed(used);
  if (scope === 'TEAM') return texts.teamUsed({ ...used, name: name ?? '' });
  return scope === 'KEY' ? texts.keyUsed({ ...used, name: name ?? '' }) : texts.serverUsed(used);
}
