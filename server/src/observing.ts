import type { CurrentOffer } from './domain/catalogue/offer.ts';
import { createAnswerMetrics } from './http/answer-metrics.ts';
import { createMetrics, type Metrics } from './http/metrics.ts';
import type { Parts } from './parts.ts';
import { type Observer, observedBy } from './ports/observer.ts';
import { createEventLog } from './telemetry/event-log.ts';

/** What hears of all that is done about prompts. */
export interface Observing {
  observer: Observer;
  metrics: Metrics;
  /** Tells where providers are asked, once that is known. */
  follow(offer: CurrentOffer): void;
  /** Sends what a collector has not been told yet. */
  close(): Promise<void>;
}

/** Starts the observers of an app. OpenTelemetry's packages are loaded only if a collector is to be told. */
export async function startObserving(
  { config, log }: Pick<Parts, 'config' | 'log'>,
  version: string,
): Promise<Observing> {
  const metrics = createMetrics({ token: config.operatorToken, proxied: isProxied(config) });
  const observers = [createEventLog(log), createAnswerMetrics(metrics.registry)];
  const { openTelemetry: settings } = config;
  if (!settings) return { observer: observedBy(observers), metrics, follow() {}, close: async () => {} };

  const { startOpenTelemetry } = await import('./telemetry/collector/open-telemetry.ts');
  let offer: CurrentOffer | null = null;
  const baseURLOf = (providerId: string) => offer?.now.origins.providers.get(providerId)?.baseURL ?? null;
  const { observer, close } = startOpenTelemetry({ ...settings, version, baseURLOf, log });
  return {
    observer: observedBy([...observers, observer]),
    metrics,
    follow(current) {
      offer = current;
    },
    close,
  };
}

/**
 * Whether the settings show that clients come through a proxy: TLS ends in one, or the public host is not where the
 * server listens.
 */
function isProxied({ trustedProxies, publicUrl, host }: Parts['config']): boolean {
  const isLoopback = (name: string) => /^(localhost|127\.[\d.]+|\[?::1\]?)$/i.test(name);
  const { protocol, hostname } = new URL(publicUrl);
  return trustedProxies > 0 || protocol === 'https:' || (isLoopback(host) && !isLoopback(hostname));
}
