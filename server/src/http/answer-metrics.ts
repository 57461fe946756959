import { Counter, Histogram, type Registry } from 'prom-client';
import type { Observer } from '../ports/observer.ts';

/** Models with series of their own; the catalogue and the price list have fewer. */
const MODELS_MAX = 500;
/** API keys and paying accounts with series of their own: those that this process saw first. */
const PAYERS_MAX = 100;

/** The figures of prompts and answers in `registry`. Their number is bounded, whatever members and models do. */
export function createAnswerMetrics(registry: Registry): Observer {
  const registers = [registry];
  const model = boundedLabel(MODELS_MAX);
  const key = boundedLabel(PAYERS_MAX);
  const account = boundedLabel(PAYERS_MAX);
  const prompts = new Counter({
    name: 'polylogue_prompts_total',
    help: 'Prompts and programs’ calls, by their kind, and by "admitted" or the refusal.',
    labelNames: ['kind', 'outcome'],
    registers,
  });
  const attempts = new Counter({
    name: 'polylogue_attempts_total',
    help: 'Requests to models, by "completed", "stopped" or the code of their failure.',
    labelNames: ['provider', 'model', 'outcome'],
    registers,
  });
  const firstToken = new Histogram({
    name: 'polylogue_first_token_seconds',
    help: 'From the request to a model to the first character of its answer.',
    labelNames: ['provider', 'model'],
    buckets: [0.1, 0.25, 0.5, 1, 2, 5, 10, 30],
    registers,
  });
  const tokens = new Counter({
    name: 'polylogue_tokens_total',
    help: 'Tokens that were charged; those of each type are in no other one.',
    labelNames: ['provider', 'model', 'type'],
    registers,
  });
  const credits = new Counter({
    name: 'polylogue_credits_charged_total',
    help: 'Credits charged, by the model that answered.',
    labelNames: ['provider', 'model'],
    registers,
  });
  const creditsOfKeys = new Counter({
    name: 'polylogue_key_credits_charged_total',
    help: `Credits charged to API keys, by their ids; beyond ${PAYERS_MAX} keys all others are "other".`,
    labelNames: ['key'],
    registers,
  });
  const creditsOfAccounts = new Counter({
    name: 'polylogue_account_credits_charged_total',
    help: `Credits charged to credit accounts, members' and teams', by their ids; beyond ${PAYERS_MAX} all others are "other".`,
    labelNames: ['account'],
    registers,
  });

  return {
    promptAdmitted: ({ kind }) => prompts.inc({ kind, outcome: 'admitted' }),
    promptRefused: ({ kind, refusal }) => prompts.inc({ kind, outcome: refusal }),
    attemptEnded({ providerId: provider, modelId, status, failureCode, firstTokenMs }) {
      const of = { provider, model: model(modelId) };
      attempts.inc({ ...of, outcome: (failureCode ?? status).toLowerCase() });
      if (firstTokenMs !== null) firstToken.observe(of, firstTokenMs / 1000);
    },
    responseEnded({ providerId: provider, servedBy, apiKeyId, creditAccountId, settled }) {
      if (!settled) return;
      const { usage, creditsCharged } = settled;
      const of = { provider, model: model(servedBy) };
      credits.inc(of, creditsCharged);
      creditsOfAccounts.inc({ account: account(creditAccountId) }, creditsCharged);
      if (apiKeyId !== null) creditsOfKeys.inc({ key: key(apiKeyId) }, creditsCharged);
      for (const [type, count] of Object.entries(usage ?? {})) tokens.inc({ ...of, type: typeOf(type) }, count);
    },
  };
}

/** `cachedInputTokens` → `cached_input`. */
function typeOf(bucket: string): string {
  return bucket.replace(/Tokens$/, '').replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Gives the first values labels of their own, and all later ones a common one. */
function boundedLabel(valuesMax: number): (value: string) => string {
  const known = new Set<string>();
  return (value) => {
    if (known.has(value)) return value;
    if (known.size >= valuesMax) return 'other';
    known.add(value);
    return value;
  };
}
