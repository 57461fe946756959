import type {
  MergeMode,
  ModelChoiceFragment,
  ParametersInput,
  PayerTeamFragment,
  TurnFieldsFragment,
} from '../../graphql/generated/graphql.ts';
import type { AttachedFile } from '../files/attached-file.ts';
import { byLane, shownOf } from './versions.ts';

/** The models, the parameters, the system prompt and the payer of the next prompt, which the member changes at the composer. */
export interface Asking {
  /** Each gets a lane, in this order; a model may get several. */
  modelIds: string[];
  parameters: ParametersInput;
  systemPrompt: string;
  /** The id of the team that pays, or of the viewer. Undefined: whoever pays in the conversation, else the viewer. */
  payerId?: string | undefined;
  /** Whether the models stay secret until the member has judged. Without `modelIds` the server draws some. */
  blind?: boolean | undefined;
  /** How many models the server draws; undefined: two. */
  drawCount?: number | undefined;
  /** One answer more, made of the others when they are complete; undefined: none. */
  merge?: MergeChoice | undefined;
  /** What the models may use, and how the answers are made; undefined: each model is asked once. */
  agent?: AgentChoice | undefined;
  /** The response whose model alone is asked from here on, with that model's own answers as the history. */
  historyFrom?: string | undefined;
}

/** Which model makes one answer of several, and how. */
export interface MergeChoice {
  /** Null: the first that is asked or, if blind, any of them. */
  modelId: string | null;
  mode: MergeMode;
}

/** The tools that models may call, and the agent that writes the answers. */
export interface AgentChoice {
  toolIds: string[];
  /** Undefined: the one that uses the tools. */
  agentId?: string | undefined;
  /** The most that one answer may cost; undefined: as much as the server allows. */
  maxCredits?: number | undefined;
}

/** The models that are asked and how, the system prompt, and who pays. */
export type Choice = Omit<Asking, 'parameters'>;

/** What is asked. */
export interface Question {
  prompt: string;
  files: readonly AttachedFile[];
}

/** How many models the server draws at least for a blind prompt that names none. */
export const drawnModels = 2;

/** How many lanes a blind prompt gets. */
export function blindLanesOf({ modelIds, drawCount = drawnModels }: Pick<Choice, 'modelIds' | 'drawCount'>): number {
  return modelIds.length || drawCount;
}

/** Whether models are chosen that can be asked so: a blind prompt compares two or more, or leaves the choice to the server. */
export function isComplete({ modelIds, blind }: Pick<Choice, 'modelIds' | 'blind'>): boolean {
  return blind ? modelIds.length !== 1 : modelIds.length > 0;
}

/** Whether so many models are asked that their answers can be merged. */
export function isMergeable({ modelIds, blind }: Pick<Choice, 'modelIds' | 'blind'>): boolean {
  return modelIds.length > 1 || (blind === true && modelIds.length === 0);
}

/** The models as a prompt names them. A blind prompt without any leaves them to the server. */
export function modelsOf({
  merge,
  modelIds,
  blind,
  drawCount = drawnModels,
}: Pick<Choice, 'modelIds' | 'blind' | 'drawCount' | 'merge'>): {
  modelIds?: string[];
  blind?: true;
  drawCount?: number;
  merge?: MergeChoice;
} {
  if (!blind) return merge && modelIds.length > 1 ? { modelIds, merge } : { modelIds };
  // What is judged blindly can only be combined.
  const hiding = merge && { merge: { ...merge, mode: 'COMBINE' as const } };
  if (modelIds.length > 0) return { modelIds, blind, ...hiding };
  return { blind, ...(drawCount !== drawnModels && { drawCount }), ...hiding };
}

/** The agent and the tools as a prompt names them. Models that are hidden use none. */
export function agentOf({ agent, blind }: Pick<Choice, 'agent' | 'blind'>): Partial<AgentChoice> {
  if (!agent || blind) return {};
  const { toolIds, agentId, maxCredits } = agent;
  return {
    ...(toolIds.length > 0 && { toolIds }),
    ...(agentId !== undefined && { agentId }),
    ...(maxCredits !== undefined && { maxCredits }),
  };
}

/** The agent that the prompt after this turn asks: the same one. */
export function agentAfter({ agentId, toolIds, maxCredits }: TurnFieldsFragment): AgentChoice | undefined {
  if (agentId === null) return undefined;
  const isOwn = agentId !== toolsAgent || toolIds.length === 0;
  return { toolIds, ...(isOwn && { agentId }), ...(maxCredits !== null && { maxCredits }) };
}

/** The agent of a prompt that names tools and no agent. */
export const toolsAgent = 'tools';

/** The choice without a history from a response that is on another branch, or gone. */
export function withKnownHistory<Chosen extends Choice>(chosen: Chosen, turns: readonly TurnFieldsFragment[]): Chosen {
  const { historyFrom } = chosen;
  const isKnown = turns.some(({ responses }) => responses.some(({ id }) => id === historyFrom));
  return historyFrom === undefined || isKnown ? chosen : { ...chosen, historyFrom: undefined };
}

const lanesAtFirst = 3;

/**
 * The models of a turn's lanes, without merges. A conversation asks the models of its last turn again. For a blind turn they
 * are drawn again, as nobody may know them.
 */
export function modelsOfTurn(turn: TurnFieldsFragment): string[] {
  if (turn.blind) return [];
  return byLane(turn.responses)
    .map(shownOf)
    .filter(({ mergeMode }) => mergeMode == null)
    .map(({ model }) => model.id);
}

/** How many models the server draws for the prompt after a blind turn: as many as that one asked. Undefined: it was not blind. */
export function drawCountAfter({ blind, hidden, withMerge, responses }: TurnFieldsFragment): number | undefined {
  if (!blind) return undefined;
  const lanes = new Set(responses.filter(({ mergeMode }) => mergeMode == null).map(({ lane }) => lane));
  return lanes.size - (hidden && withMerge ? 1 : 0);
}

/** The merge that the prompt after this turn asks for: one like the turn's own. */
export function mergeAfter({ blind, withMerge, responses }: TurnFieldsFragment): MergeChoice | undefined {
  if (!withMerge) return undefined;
  if (blind) return { modelId: null, mode: 'COMBINE' };
  // Merges that were asked for later are behind it.
  const [merge] = byLane(responses)
    .map(shownOf)
    .filter(({ mergeMode }) => mergeMode != null);
  return merge?.mergeMode ? { modelId: merge.model.id, mode: merge.mergeMode } : undefined;
}

/** Whether a model can be chosen. One that is too dear now can: its answer may be shortened, or somebody else may pay. */
export function isChoosable({
  access,
}: {
  access: Pick<ModelChoiceFragment['access'], 'allowed' | 'denial'>;
}): boolean {
  return access.allowed || access.denial === 'INSUFFICIENT_CREDITS';
}

/**
 * The models that a new conversation asks: those of the first list in `wishes` that names some which the member may ask,
 * else models of different providers.
 */
export function firstModels(
  models: readonly ModelChoiceFragment[],
  limit: number,
  wishes: readonly (readonly string[])[],
): string[] {
  const allowed = models.filter(({ access }) => access.allowed);
  const known = wishes.map((ids) => ids.filter((id) => allowed.some((model) => model.id === id)));
  const ids = known.find(({ length }) => length > 0) ?? ofDifferentProviders(allowed).slice(0, lanesAtFirst);
  return ids.slice(0, limit);
}

/** The first model of every provider, then the others: a comparison says most between different providers. */
function ofDifferentProviders(models: readonly ModelChoiceFragment[]): string[] {
  const firsts = new Map<string, string>();
  for (const { id, provider } of models) if (!firsts.has(provider.id)) firsts.set(provider.id, id);
  return [...new Set([...firsts.values(), ...models.map(({ id }) => id)])];
}

/** The id of the team that paid for the member's last prompt, if it would pay for another; undefined: the member pays. */
export function firstPayer(
  teams: readonly Pick<PayerTeamFragment, 'id' | 'archived'>[],
  [lastId]: readonly string[],
): string | undefined {
  return teams.find(({ id, archived }) => id === lastId && !archived)?.id;
}
