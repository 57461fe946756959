import type { Migration } from 'kysely';
import * as auth from './0000_auth.ts';
import * as conversations from './0001_conversations.ts';
import * as credits from './0002_credits.ts';
import * as deletedAdmissions from './0003_deleted_admissions.ts';
import * as spentIdempotencyKeys from './0004_spent_idempotency_keys.ts';
import * as invitations from './0005_invitations.ts';
import * as searchParts from './0006_search_parts.ts';
import * as apiKeyScopes from './0007_api_key_scopes.ts';
import * as laneVersions from './0008_lane_versions.ts';
import * as reportedCosts from './0009_reported_costs.ts';
import * as creditAccountOwners from './0010_credit_account_owners.ts';
import * as responseParts from './0011_response_parts.ts';
import * as apiKeyLimits from './0012_api_key_limits.ts';
import * as calls from './0013_calls.ts';
import * as keptCalls from './0014_kept_calls.ts';
import * as searchBound from './0015_search_bound.ts';
import * as teams from './0016_teams.ts';
import * as growingHolds from './0017_growing_holds.ts';
import * as signIn from './0018_sign_in.ts';
import * as people from './0019_people.ts';
import * as catalogueChanges from './0020_catalogue_changes.ts';
import * as credentials from './0022_credentials.ts';
import * as budgetAlerts from './0030_budget_alerts.ts';
import * as houseSettings from './0031_house_settings.ts';
import * as verdicts from './0032_verdicts.ts';
import * as blindTurns from './0033_blind_turns.ts';
import * as continuedAnswers from './0034_continued_answers.ts';
import * as evaluations from './0035_evaluations.ts';
import * as merges from './0036_merges.ts';
import * as boundsOfEvaluations from './0040_bounds_of_evaluations.ts';
import * as verdictClusters from './0042_verdict_clusters.ts';
import * as promptMerges from './0043_prompt_merges.ts';
import * as files from './0046_files.ts';
import * as sentFiles from './0047_sent_files.ts';
import * as shares from './0052_shares.ts';
import * as temporaryConversations from './0053_temporary_conversations.ts';
import * as presets from './0054_presets.ts';
import * as folders from './0055_folders.ts';
import * as modelTitles from './0056_model_titles.ts';
import * as takingAlong from './0057_taking_along.ts';
import * as tools from './0058_tools.ts';
import * as agents from './0059_agents.ts';

/** Migrations run in the order of their names. A released migration is never changed; a new one is added. */
export const migrations: Record<string, Migration> = {
  '0000_auth': auth,
  '0001_conversations': conversations,
  '0002_credits': credits,
  '0003_deleted_admissions': deletedAdmissions,
  '0004_spent_idempotency_keys': spentIdempotencyKeys,
  '0005_invitations': invitations,
  '0006_search_parts': searchParts,
  '0007_api_key_scopes': apiKeyScopes,
  '0008_lane_versions': laneVersions,
  '0009_reported_costs': reportedCosts,
  '0010_credit_account_owners': creditAccountOwners,
  '0011_response_parts': responseParts,
  '0012_api_key_limits': apiKeyLimits,
  '0013_calls': calls,
  '0014_kept_calls': keptCalls,
  '0015_search_bound': searchBound,
  '0016_teams': teams,
  '0017_growing_holds': growingHolds,
  '0018_sign_in': signIn,
  '0019_people': people,
  '0020_catalogue_changes': catalogueChanges,
  '0022_credentials': credentials,
  '0030_budget_alerts': budgetAlerts,
  '0031_house_settings': houseSettings,
  '0032_verdicts': verdicts,
  '0033_blind_turns': blindTurns,
  '0034_continued_answers': continuedAnswers,
  '0035_evaluations': evaluations,
  '0036_merges': merges,
  '0040_bounds_of_evaluations': boundsOfEvaluations,
  '0042_verdict_clusters': verdictClusters,
  '0043_prompt_merges': promptMerges,
  '0046_files': files,
  '0047_sent_files': sentFiles,
  '0052_shares': shares,
  '0053_temporary_conversations': temporaryConversations,
  '0054_presets': presets,
  '0055_folders': folders,
  '0056_model_titles': modelTitles,
  '0057_taking_along': takingAlong,
  '0058_tools': tools,
  '0059_agents': agents,
};
