import { refusals as texts } from 'texts:chat';
import { language } from '../languages/locale.ts';
import type { ModelChoiceFragment } from './generated/graphql.ts';

/** Why the API refused something: a code, or the type that a result names, the API's own sentence, and figures. */
export interface Refusal {
  code?: string | null | undefined;
  __typename?: string | undefined;
  message?: string | null | undefined;
  required?: number;
  available?: number;
  creditLimit?: string;
  rateLimit?: string;
  missingModelId?: string | null;
  modelId?: string;
}

/** The name of a model that the page knows. */
type NameOf = (modelId: string) => string | undefined;

/**
 * The sentence that a member reads. The API's own is in English and the most exact one; readers of other languages have
 * that of the catalogue for the refusal's code, if there is one. Undefined: nothing is said of why.
 */
export function refusalWords(refusal: Refusal, nameOf?: NameOf): string | undefined {
  const told = refusal.message || undefined;
  if (language === 'en' && told) return told;
  return translated(refusal, nameOf) ?? told;
}

/** As `refusalWords` for a request that failed. Undefined: no answer of the API came. */
export function errorWords(error: FailedRequest | null | undefined): string | undefined {
  const [first] = error?.graphQLErrors ?? [];
  return first && refusalWords({ ...first.extensions, message: first.message });
}

interface FailedRequest {
  graphQLErrors?: readonly { message: string; extensions?: Record<string, unknown> }[];
}

/** The catalogue's sentence for a refusal; undefined: it has none. */
export function translated(refusal: Refusal, nameOf: NameOf = () => undefined): string | undefined {
  const { code, __typename, required = 0, available = 0 } = refusal;
  const known = code ?? (__typename === undefined ? undefined : codes[__typename]);
  const model = (id: string | null | undefined) => (id == null ? undefined : nameOf(id)) ?? texts.aModel;
  switch (known) {
    case 'INSUFFICIENT_CREDITS':
      return credits[refusal.creditLimit ?? 'ACCOUNT']?.({ required, available });
    case 'RATE_LIMITED':
      return rates[refusal.rateLimit ?? 'OFTEN'];
    case 'TIER_LIMIT':
      return refusal.missingModelId == null
        ? texts.fewerModels
        : texts.modelOfOtherPlan({ model: model(refusal.missingModelId) });
    case 'MODEL_UNAVAILABLE':
      return texts.modelAway({ model: model(refusal.modelId) });
    case 'FILE_NOT_READABLE':
      return texts.fileNotReadable({ model: model(refusal.modelId) });
    default:
      return known === undefined ? undefined : plain[known];
  }
}

/** The codes of the types that results name. */
const codes: Readonly<Record<string, string>> = {
  InsufficientCreditsError: 'INSUFFICIENT_CREDITS',
  RateLimitError: 'RATE_LIMITED',
  TierLimitError: 'TIER_LIMIT',
  ModelUnavailableError: 'MODEL_UNAVAILABLE',
  FileNotReadableError: 'FILE_NOT_READABLE',
  NotFoundError: 'NOT_FOUND',
};

const credits: Readonly<Record<string, (figures: { required: number; available: number }) => string>> = {
  ACCOUNT: texts.credits,
  TEAM: texts.creditsOfTeam,
  TEAM_MEMBER: texts.creditsInTeam,
  SERVER: texts.creditsOfServer,
};

const rates: Readonly<Record<string, string>> = {
  PROMPTS_PER_MINUTE: texts.promptsPerMinute,
  ANSWERS_AT_ONCE: texts.answersAtOnce,
  SERVER_BUSY: texts.serverBusy,
  OFTEN: texts.often,
};

const plain: Readonly<Record<string, string>> = {
  UNAUTHENTICATED: texts.signedOut,
  NOT_FOUND: texts.gone,
  INTERNAL_SERVER_ERROR: texts.internal,
  FILE_IN_USE: texts.fileInUse,
  // What is sent to /files and /import.
  TOO_LARGE: texts.tooLarge,
  TYPE_NOT_ALLOWED: texts.typeNotAllowed,
  TOO_MANY_PIXELS: texts.tooManyPixels,
  TOO_MANY_PAGES: texts.tooManyPages,
  TOO_DEEP: texts.tooDeep,
  BROKEN: texts.broken,
  PROTECTED: texts.protected,
  TIMED_OUT: texts.readTooLong,
  NOT_SUPPORTED: texts.notSupported,
  FILE_QUOTA_EXCEEDED: texts.quotaExceeded,
  FILES_UNAVAILABLE: texts.filesUnavailable,
};

type RefusedModel = Pick<ModelChoiceFragment, 'name' | 'provider' | 'access'> &
  Partial<Pick<ModelChoiceFragment, 'minimumTier'>>;

/** Why a model cannot be asked; undefined: it can, or nothing is said of why not. */
export function accessWords(model: RefusedModel): string | undefined {
  const { name, provider, minimumTier, access } = model;
  const told = access.message ?? undefined;
  if (access.denial == null || (language === 'en' && told)) return told;
  switch (access.denial) {
    case 'DISABLED':
      return texts.modelOff({ model: name });
    case 'PROVIDER_NOT_CONFIGURED':
      return texts.noKey({ provider: provider.name });
    case 'NOT_FOR_TEAM':
      return texts.notOfTeam({ model: name });
    case 'TIER_TOO_LOW':
      return minimumTier ? texts.modelOfPlan({ model: name, plan: tierNames[minimumTier] }) : told;
    case 'INSUFFICIENT_CREDITS':
      return texts.tooFewCredits({ model: name });
    default:
      return told;
  }
}

// not read by people: the names of plans are names
const tierNames = { FREE: 'Free', PRO: 'Pro', ENTERPRISE: 'Enterprise' };
