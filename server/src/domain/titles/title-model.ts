import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import type { Database } from '../../database/database.ts';
import { findHouseSetting, setHouseSetting } from '../../database/people/house-settings.ts';
import { type Catalogue, isOffered, type Model, modelOf } from '../catalogue/catalogue.ts';
import { resolveModelName } from '../catalogue/model-names.ts';
import { disabledModels, modelAccess } from '../catalogue/models.ts';
import { ModelUnavailableError } from '../ground/errors.ts';
import { houseTopic, type Notifications } from '../ground/notifications.ts';
import { type Actor, audit } from '../people/administration.ts';

/**
 * Why the chosen model writes no titles: the server has no such model any more, or no price for it; its provider has no
 * key; or an admin has switched it off.
 */
export type TitleModelProblem = 'GONE' | 'NOT_CONFIGURED' | 'DISABLED';

export interface TitleModelOptions {
  db: Kysely<Database>;
  notifications: Notifications;
  log: Logger;
}

const NAME = 'title-model';

/** The model that writes titles, as an admin chooses it. By default there is none. */
export class TitleModel {
  readonly #options: TitleModelOptions;
  readonly #unsubscribe: () => void;
  #id: string | null = null;

  constructor(options: TitleModelOptions) {
    this.#options = options;
    this.#unsubscribe = options.notifications.subscribe(houseTopic, () => {
      this.refresh().catch((err) => options.log.warn({ err }, 'The model that writes titles could not be read.'));
    });
  }

  /** The model's id, as this process last read it; null: none. */
  get id(): string | null {
    return this.#id;
  }

  /** Reads what admins of any process have chosen. */
  async refresh(): Promise<void> {
    const { modelId } = { modelId: undefined, ...(await findHouseSetting(this.#options.db, NAME)) };
    this.#id = typeof modelId === 'string' ? modelId : null;
  }

  /** The model, if it can be asked now. */
  async usable(catalogue: Catalogue): Promise<Model | null> {
    const model = this.#id === null ? undefined : modelOf(catalogue, this.#id);
    return model && (await this.problem(catalogue)) === null ? model : null;
  }

  /** Why the model cannot be asked now; null: it can, or there is none. */
  async problem(catalogue: Catalogue): Promise<TitleModelProblem | null> {
    if (this.#id === null) return null;
    const model = modelOf(catalogue, this.#id);
    return model ? problemOf(catalogue, model, await disabledModels(this.#options.db)) : 'GONE';
  }

  /**
   * Stores the choice for all processes, and writes it to the audit log.
   *
   * @param name the model's id, or another name of it; null: no model
   * @throws ModelUnavailableError if there is no such model, or it cannot be asked now
   */
  async choose(catalogue: Catalogue, actor: Actor, name: string | null): Promise<void> {
    const { db, notifications } = this.#options;
    const modelId = name === null ? null : await usableId(db, catalogue, name);
    await db.transaction().execute(async (trx) => {
      await setHouseSetting(trx, NAME, { modelId });
      await audit(trx, actor, 'setTitleModel', modelId ?? 'none', null);
    });
    await this.refresh();
    notifications.publish([houseTopic]);
  }

  close(): void {
    this.#unsubscribe();
  }
}

async function usableId(db: Kysely<Database>, catalogue: Catalogue, name: string): Promise<string> {
  const model = resolveModelName(catalogue, name);
  const problem = problemOf(catalogue, model, await disabledModels(db));
  if (problem === null) return model.id;
  const why = problem === 'NOT_CONFIGURED' ? 'its provider has no key' : 'it is switched off';
  throw new ModelUnavailableError(model.id, `${model.name} can write no titles: ${why}.`);
}

function problemOf(
  catalogue: Catalogue,
  model: Model,
  disabledModelIds: ReadonlySet<string>,
): TitleModelProblem | null {
  if (!isOffered(catalogue, model)) return 'GONE';
  const { denial } = modelAccess(model, { catalogue, disabledModelIds, member: null, availableCredits: null });
  if (denial === 'PROVIDER_NOT_CONFIGURED') return 'NOT_CONFIGURED';
  return denial === 'DISABLED' ? 'DISABLED' : null;
}
