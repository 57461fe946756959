import type { TierId } from './tiers.ts';

export { type FileRefusal, FileRefusedError } from '../../ports/file-reader.ts';

/** An error that the caller can do something about. All other errors are faults of this server and stay masked. */
export class DomainError extends Error {
  constructor(message: string) {
    super(message);
    this.name = new.target.name;
  }
}

export class NotFoundError extends DomainError {
  readonly what: string;

  constructor(what: string) {
    super(`There is no such ${what}.`);
    this.what = what;
  }
}

export class ForbiddenError extends DomainError {}

export class InvalidInputError extends DomainError {
  /** The input's field, as the API names it. */
  readonly field: string;

  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

/** A model can read neither the file nor a text of it. */
export class FileNotReadableError extends InvalidInputError {
  readonly modelId: string;
  readonly fileId: string;

  constructor({ file, model }: { file: { id: string; name: string }; model: { id: string; name: string } }) {
    super('fileIds', `${model.name} cannot read ${file.name}, and there is no text in it that it could be sent.`);
    this.modelId = model.id;
    this.fileId = file.id;
  }
}

export class ModelUnavailableError extends DomainError {
  readonly modelId: string;

  constructor(modelId: string, message: string) {
    super(message);
    this.modelId = modelId;
  }
}

export class TierLimitError extends DomainError {
  /** The lowest tier that would allow it; null if none does. */
  readonly requiredTier: TierId | null;
  /** The model that the tier lacks; null: it has all models, but allows fewer at once. */
  readonly missingModelId: string | null;

  constructor(requiredTier: TierId | null, message: string, missingModelId: string | null = null) {
    super(message);
    this.requiredTier = requiredTier;
    this.missingModelId = missingModelId;
  }
}

/** What was too much: prompts within a minute, answers being written, anything else of the caller's, or the server's load. */
export type RateLimit = 'PROMPTS_PER_MINUTE' | 'ANSWERS_AT_ONCE' | 'OFTEN' | 'SERVER_BUSY';

export class RateLimitError extends DomainError {
  readonly retryAfterSeconds: number;
  readonly rateLimit: RateLimit;

  constructor(retryAfterSeconds: number, message: string, rateLimit: RateLimit = 'OFTEN') {
    super(message);
    this.retryAfterSeconds = retryAfterSeconds;
    this.rateLimit = rateLimit;
  }
}

/** Where the credits are missing: on the member's account, the team's, or within a month's limit on one of these. */
export type CreditLimit = 'ACCOUNT' | 'TEAM' | 'TEAM_MEMBER' | 'API_KEY' | 'SERVER';

export class InsufficientCreditsError extends DomainError {
  /** The most that the prompt can cost, in credits; what it is likely to cost if holds grow. */
  readonly required: number;
  readonly available: number;
  readonly creditLimit: CreditLimit;
  readonly #isLikely: boolean;

  constructor(required: number, available: number, options: InsufficientCreditsOptions = {}) {
    const { isLikely = false, message, creditLimit = 'ACCOUNT' } = options;
    super(message ?? insufficient(required, available, isLikely));
    this.required = required;
    this.available = available;
    this.creditLimit = creditLimit;
    this.#isLikely = isLikely;
  }

  /** Whether so many required credits are a likely cost, not the most. */
  protected isLikely(required: number): boolean {
    return this.#isLikely && required === this.required;
  }

  /** The same refusal with other figures. */
  with(required: number, available: number): InsufficientCreditsError {
    return new InsufficientCreditsError(required, available, { isLikely: this.isLikely(required) });
  }
}

interface InsufficientCreditsOptions {
  isLikely?: boolean;
  message?: string;
  creditLimit?: CreditLimit;
}

function insufficient(required: number, available: number, isLikely: boolean): string {
  return `This prompt ${costs(required, isLikely)} credits; ${available.toLocaleString('en')} are available.`;
}

function costs(required: number, isLikely: boolean): string {
  return `${isLikely ? 'is likely to cost about' : 'may cost up to'} ${required.toLocaleString('en')}`;
}

/** The account has the credits, but all accounts together would spend more than the server allows in a month. */
export class MonthlyLimitError extends InsufficientCreditsError {
  constructor(required: number, available: number) {
    super(required, available, {
      creditLimit: 'SERVER',
      message: `This server’s monthly limit, which all accounts share, is reached: ${available.toLocaleString('en')} of its credits are left, and this prompt may cost up to ${required.toLocaleString('en')}. Your own credits are kept.`,
    });
  }

  override with(required: number, available: number): MonthlyLimitError {
    return new MonthlyLimitError(required, available);
  }
}

/** The account has the credits, but the API key has a limit of its own for the month. */
export class KeyLimitError extends InsufficientCreditsError {
  readonly #limit: number;

  constructor(limit: number, required: number, available: number) {
    super(required, available, {
      creditLimit: 'API_KEY',
      message: `This API key may spend ${limit.toLocaleString('en')} credits a month: ${available.toLocaleString('en')} of them are left, and this prompt may cost up to ${required.toLocaleString('en')}.`,
    });
    this.#limit = limit;
  }

  override with(required: number, available: number): KeyLimitError {
    return new KeyLimitError(this.#limit, required, available);
  }
}

/** The team that is to pay has too few credits. */
export class TeamCreditsError extends InsufficientCreditsError {
  readonly #team: string;

  constructor(
    team: string,
    required: number,
    available: number,
    { isLikely = false }: Pick<InsufficientCreditsOptions, 'isLikely'> = {},
  ) {
    super(required, available, {
      isLikely,
      creditLimit: 'TEAM',
      message: `The team ${team} has ${available.toLocaleString('en')} credits available, and this prompt ${costs(required, isLikely)}.`,
    });
    this.#team = team;
  }

  override with(required: number, available: number): TeamCreditsError {
    return new TeamCreditsError(this.#team, required, available, { isLikely: this.isLikely(required) });
  }
}

/** The team has the credits, but what a member may spend of them in a month is limited. */
export class TeamMemberLimitError extends InsufficientCreditsError {
  readonly #team: string;
  readonly #limit: number;

  constructor(team: string, limit: number, required: number, available: number) {
    super(required, available, {
      creditLimit: 'TEAM_MEMBER',
      message: `Each member of the team ${team} may spend ${limit.toLocaleString('en')} of its credits a month: ${available.toLocaleString('en')} of yours are left, and this prompt may cost up to ${required.toLocaleString('en')}.`,
    });
    this.#team = team;
    this.#limit = limit;
  }

  override with(required: number, available: number): TeamMemberLimitError {
    return new TeamMemberLimitError(this.#team, this.#limit, required, available);
  }
}

/** A sign-up was refused. */
export class SignUpRefusedError extends DomainError {
  readonly code: SignUpRefusal;

  constructor(code: SignUpRefusal, message: string) {
    super(message);
    this.code = code;
  }
}

export type SignUpRefusal = 'SIGN_UP_CLOSED' | 'INVITATION_NEEDED' | 'INVITATION_INVALID' | 'DOMAIN_NOT_ADMITTED';

/** Somebody whom a sign-in provider has identified is not signed in. */
export class SignInRefusedError extends DomainError {
  readonly code: SignInRefusal;

  constructor(code: SignInRefusal, message: string) {
    super(message);
    this.code = code;
  }
}

export type SignInRefusal = 'ACCOUNT_NOT_LINKED' | 'ACCOUNT_SUSPENDED' | 'CREDENTIALS_CHANGED';

/** All files of the member together would have more bytes than their plan allows. */
export class FileQuotaError extends DomainError {
  readonly used: number;
  readonly allowed: number;

  constructor(used: number, allowed: number) {
    super(
      `Your files have ${megabytes(used)} of the ${megabytes(allowed)} MB of your plan, which leaves no room for this one. Delete conversations with files that you no longer need.`,
    );
    this.used = used;
    this.allowed = allowed;
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1_000_000).toLocaleString('en', { maximumFractionDigits: 1 });
}

/** The file cannot be deleted: something refers to it. */
export class FileInUseError extends DomainError {
  constructor() {
    super('This file is part of a conversation or a prompt set. It goes when that is deleted.');
  }
}
