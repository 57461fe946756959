import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Domain } from '../domain/domain.ts';
import { providerOf } from './rest/provider-names.ts';

export interface ProviderHealthHandler extends Pick<Domain, 'offer' | 'providerHealth' | 'providerProbe'> {
  /** Whether the request is an admin's, or of a program with the operator's token. */
  isOperator(req: IncomingMessage): Promise<boolean>;
}

/**
 * `GET /health/{provider}` (its id, or gpt, claude, gemini) answers how the provider's calls of the last minutes went, as JSON: 200, 503 if it is down,
 * 404 if there is no such provider. `?probe=1` makes one cheap real call first; it costs a few tokens, so it is for
 * operators only. Operators read the provider's own message of the last failure, others its code.
 */
export async function handleProviderHealth(
  req: IncomingMessage,
  res: ServerResponse,
  { offer, providerHealth, providerProbe, isOperator }: ProviderHealthHandler,
): Promise<void> {
  const { pathname, searchParams } = new URL(req.url ?? '/', 'http://localhost');
  const provider = providerOf(offer.now.catalogue, pathname.slice('/health/'.length));
  if (!provider) return answer(res, 404, { error: 'There is no such provider.' });
  const wantsProbe = ['1', 'true'].includes(searchParams.get('probe') ?? '');
  const asOperator = await isOperator(req);
  if (wantsProbe && !asOperator) {
    return answer(res, 403, { error: 'Only an admin, or a bearer of the operator’s token, may probe a provider.' });
  }
  const probe = wantsProbe ? await providerProbe.ask(provider.id) : null;
  const health = providerHealth.report(provider.id);
  answer(res, health.status === 'DOWN' ? 503 : 200, {
    provider: provider.id,
    configured: provider.configured,
    ...health,
    lastError: (asOperator ? health.lastError?.message : health.lastError?.code) ?? null,
    ...(probe && {
      probe: {
        model: probe.modelId,
        ok: probe.failure === null,
        firstTokenMs: probe.firstTokenMs,
        failure: probe.failure && { code: probe.failure.code, message: probe.failure.message },
      },
    }),
  });
}

function answer(res: ServerResponse, status: number, body: object): void {
  res.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' });
  res.end(JSON.stringify(body));
}
