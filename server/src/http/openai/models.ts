import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Catalogue, Model } from '../../domain/catalogue/catalogue.ts';
import { resolveModelName } from '../../domain/catalogue/model-names.ts';
import { disabledModels, modelAccess } from '../../domain/catalogue/models.ts';
import { ModelUnavailableError } from '../../domain/ground/errors.ts';
import type { Viewer } from '../../domain/people/members.ts';
import { findChosenTeam } from '../../domain/people/paying-team.ts';
import { CallError, problem } from '../calls/call-problem.ts';
import { type CallsOptions, requireViewer } from '../calls/call-request.ts';
import { sendJson } from './openai-error.ts';

export const MODELS_PATH = '/v1/models';

/**
 * `GET /v1/models`: the models that the viewer may use. `GET /v1/models/{id}`: one of them. A client that sends Anthropic's
 * header `anthropic-version` reads them in Anthropic's form, as both APIs have this address.
 *
 * @throws CallError, DomainError
 */
export async function handleModels(req: IncomingMessage, res: ServerResponse, calls: CallsOptions): Promise<void> {
  if (req.method !== 'GET' && req.method !== 'HEAD') {
    res.setHeader('Allow', 'GET, HEAD');
    throw new CallError(problem('methodNotAllowed', 'Use GET.'));
  }
  const viewer = await requireViewer(req, calls, 'READ', 'PROMPT');
  const { catalogue } = calls.offer.now;
  const isUsable = await usableBy(viewer, catalogue, calls.domain);
  const form = speaksAnthropic(req) ? anthropicForm : openAIForm;
  const { pathname } = new URL(req.url ?? '/', 'http://localhost');
  const name = decoded(pathname.slice(MODELS_PATH.length + 1));
  if (name === '') return sendJson(res, 200, form.list([...catalogue.models.values()].filter(isUsable)));
  const model = resolveModelName(catalogue, name);
  if (!isUsable(model)) throw new ModelUnavailableError(model.id, `${model.name} is not among your models.`);
  sendJson(res, 200, form.one(model));
}

export function speaksAnthropic({ headers }: IncomingMessage): boolean {
  return headers['anthropic-version'] !== undefined;
}

async function usableBy(
  viewer: Viewer,
  catalogue: Catalogue,
  { db }: CallsOptions['domain'],
): Promise<(model: Model) => boolean> {
  const disabledModelIds = await disabledModels(db);
  const team = await findChosenTeam(db, viewer);
  const access = { catalogue, disabledModelIds, member: viewer, team, availableCredits: null };
  return (model) => modelAccess(model, access).allowed;
}

/** An id with slashes may come with them escaped. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** Nobody here knows when a model was released; Anthropic's API gives 1970 for that too. */
const openAIForm = {
  one: ({ id, providerId }: Model) => ({ id, object: 'model', created: 0, owned_by: providerId }),
  list: (models: readonly Model[]) => ({ object: 'list', data: models.map(openAIForm.one) }),
};

const anthropicForm = {
  one: ({ id, name }: Model) => ({ type: 'model', id, display_name: name, created_at: '1970-01-01T00:00:00Z' }),
  list: (models: readonly Model[]) => ({
    data: models.map(anthropicForm.one),
    has_more: false,
    first_id: models[0]?.id ?? null,
    last_id: models.at(-1)?.id ?? null,
  }),
};
