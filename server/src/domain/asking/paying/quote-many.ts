import type { Kysely } from 'kysely';
import type { Database, StoredParameters } from '../../../database/database.ts';
import { type Catalogue, type Model, tierOf } from '../../catalogue/catalogue.ts';
import { disabledModels, requireAccess, resolveModels } from '../../catalogue/models.ts';
import { ownTurn } from '../../ground/own-turn.ts';
import type { Asking } from '../../people/members.ts';
import {
  chosenPayer,
  findPayingTeam,
  type PayerChoice,
  type PayingTeamRow,
  requireTeam,
  teamOf,
} from '../../people/paying-team.ts';
import { requireFewModels } from '../admission.ts';
import { type LanePlan, noFiles, type PromptFiles, planLanes } from '../lanes.ts';

/** The models that many prompts are to be sent to, each into a conversation of its own. */
export interface ManyPrompts {
  modelIds: readonly string[];
  system: string | null;
  parameters: StoredParameters;
  payer: PayerChoice | null;
}

/** Models that the member may ask, and who pays for them. */
export interface QuotedModels {
  models: Model[];
  /** Null: the member pays. */
  team: PayingTeamRow | null;
  /** The lanes of a prompt with their prices. @throws InvalidInputError (`prompt`) if it is too long for a model */
  lanesOf(prompt: string, files?: PromptFiles): Promise<LanePlan[]>;
}

/**
 * Checks all that can refuse the models without a prompt, as `plan` does.
 *
 * @throws DomainError
 */
export async function quoteMany(
  { db, catalogue }: { db: Kysely<Database>; catalogue: Catalogue },
  member: Asking,
  { modelIds, system, parameters, payer }: ManyPrompts,
): Promise<QuotedModels> {
  const tier = tierOf(catalogue, member);
  requireFewModels(modelIds.length, tier, catalogue);
  const models = resolveModels(catalogue, modelIds);
  const named = teamOf(chosenPayer(member, payer));
  const team = named && requireTeam(await findPayingTeam(db, named, member.id));
  const access = { catalogue, member, disabledModelIds: await disabledModels(db), availableCredits: null, team };
  for (const model of models) requireAccess(model, access);
  return {
    models,
    team,
    async lanesOf(prompt, files = noFiles) {
      // Texts are measured here, of which there may be a thousand.
      await ownTurn();
      const history = { turns: [], answers: [] };
      return planLanes({ tier, access }, { prompt, files, parameters, history, system }, models, 0);
    },
  };
}
