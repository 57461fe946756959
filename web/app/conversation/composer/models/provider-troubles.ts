import { models as texts } from 'texts:chat';
import { useEffect, useState } from 'react';
import { useClient } from 'urql';
import { ProvidersNowDocument, type ProvidersNowQuery } from '../../../graphql/generated/graphql.ts';
import { formatPercent, formatSeconds } from '../../../ui/figures.ts';

type Health = ProvidersNowQuery['providers'][number]['health'];

const intervalMs = 20_000;
/** A provider whose answers begin later than this is called slow. */
const slowMs = 8000;
/** One of so many answers that fails is not worth a word. */
const failingShare = 0.1;

/** What is wrong with providers just now, by their ids, looked up as long as somebody chooses among their models. */
export function useProviderTroubles(): ReadonlyMap<string, string> {
  const client = useClient();
  const [troubles, setTroubles] = useState<ReadonlyMap<string, string>>(new Map());
  useEffect(() => {
    let wanted = true;
    const look = () =>
      void client
        .query(ProvidersNowDocument, {}, { requestPolicy: 'network-only' })
        .toPromise()
        .then(({ data }) => {
          if (wanted && data) setTroubles(new Map(data.providers.flatMap(({ id, health }) => troubleOf(id, health))));
        });
    look();
    const timer = setInterval(look, intervalMs);
    return () => {
      wanted = false;
      clearInterval(timer);
    };
  }, [client]);
  return troubles;
}

/** The provider's id with words on its trouble; nothing: it has none that is known. */
export function troubleOf(id: string, { status, firstTokenMs, errorRate }: Health): [string, string][] {
  if (status === 'DOWN') return [[id, texts.notAnswering]];
  if (status === 'DEGRADED' && (errorRate ?? 0) >= failingShare) {
    return [[id, texts.failing({ share: formatPercent(errorRate ?? 0) })]];
  }
  if (firstTokenMs !== null && firstTokenMs > slowMs) {
    return [[id, texts.slow({ duration: formatSeconds(firstTokenMs) })]];
  }
  return [];
}
