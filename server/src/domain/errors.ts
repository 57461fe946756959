import type { TierId } from './catalogue.ts';

/** What a caller can do something about. Everything else that is thrown is a fault of ours and stays masked. */
export class DomainError extends Error {
  constructor(message: string) {
    super(message);
    this.name = new.target.name;
  }
}

export class NotFoundError extends DomainError {
  constructor(what: string) {
    super(`There is no such ${what}.`);
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

export class ModelUnavailableError extends DomainError {
  readonly modelId: string;

  constructor(modelId: string, message: string) {
    super(message);
    this.modelId = modelId;
  }
}

export class TierLimitError extends DomainError {
  /** The lowest tier that would allow it; null where none does. */
  readonly requiredTier: TierId | null;

  constructor(requiredTier: TierId | null, message: string) {
    super(message);
    this.requiredTier = requiredTier;
  }
}

export class RateLimitError extends DomainError {
  readonly retryAfterSeconds: number;

  constructor(retryAfterSeconds: number, message: string) {
    super(message);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export class InsufficientCreditsError extends DomainError {
  /** Credits that the prompt costs at most. */
  readonly required: number;
  readonly available: number;

  constructor(required: number, available: number) {
    super(
      `This prompt may cost up to ${required.toLocaleString('en')} credits; ${available.toLocaleString('en')} are available.`,
    );
    this.required = required;
    this.available = available;
  }
}
