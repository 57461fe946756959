import { get, type IncomingMessage } from 'node:http';

/** A model server that people run on their own machine, found at its usual port. */
export interface LocalServer {
  /** The id of its provider. */
  id: string;
  name: string;
  /** `http://127.0.0.1:<port>` */
  origin: string;
  /** Not empty. */
  models: LocalModel[];
}

export interface LocalModel {
  /** As the server spells it. */
  name: string;
  /** Tokens, input and output together; null: the server does not say. */
  contextWindow: number | null;
  /** Absent: no, or the server does not say. */
  seesImages?: true;
}

const bodyBytesMax = 1024 * 1024;
const modelsMax = 100;

interface Kind {
  id: string;
  name: string;
  port: number;
  find(origin: string, signal: AbortSignal): Promise<LocalModel[]>;
}

const kinds: readonly Kind[] = [
  { id: 'ollama', name: 'Ollama', port: 11434, find: findOllamaModels },
  { id: 'lmstudio', name: 'LM Studio', port: 1234, find: findLmStudioModels },
];

/**
 * Finds an Ollama and an LM Studio on this machine, with the models that can chat and run here. It asks only the loopback, and
 * follows no redirect. A server that has not answered when `signal` goes off, or answers something else, counts as absent.
 *
 * @param known ids and ports of servers that the operator has described already
 */
export async function findLocalServers(
  known: { ids: ReadonlySet<string>; ports: ReadonlySet<number> },
  signal: AbortSignal,
): Promise<LocalServer[]> {
  const found = await Promise.all(
    kinds
      .filter(({ id, port }) => !known.ids.has(id) && !known.ports.has(port))
      .map(async ({ id, name, port, find }) => {
        const origin = `http://127.0.0.1:${port}`;
        const models = await find(origin, signal).catch(() => []);
        return { id, name, origin, models: distinct(models) };
      }),
  );
  return found.filter(({ models }) => models.length > 0);
}

/** The lines about found servers that the start prints. */
export function localServerLines({ localServers }: { localServers: readonly LocalServer[] }): string[] {
  return localServers.map(({ name, origin, models }) => {
    const shown = models.slice(0, modelsShown).map((model) => model.name);
    const more = models.length > modelsShown ? ` and ${models.length - modelsShown} more` : '';
    return `${name} was found at ${origin}, its models cost nothing: ${shown.join(', ')}${more} (LOCAL_MODELS=off leaves them out)`;
  });
}

const modelsShown = 5;

/** Drops names that come twice, and names that a model's id cannot hold. */
function distinct(models: readonly LocalModel[]): LocalModel[] {
  const byName = new Map(models.map((model) => [model.name, model]));
  return [...byName.values()].filter(({ name }) => /^[!-~]{1,200}$/.test(name)).slice(0, modelsMax);
}

/** Ollama lists its models; it tells the context window only of those that are loaded. */
async function findOllamaModels(origin: string, signal: AbortSignal): Promise<LocalModel[]> {
  const [tags, loaded] = await Promise.all([
    read(`${origin}/api/tags`, signal).catch(() => null),
    read(`${origin}/api/ps`, signal).catch(() => null),
  ]);
  const models = listIn(tags, 'models') ?? listIn(await read(`${origin}/v1/models`, signal), 'data') ?? [];
  const windows = new Map((listIn(loaded, 'models') ?? []).map((model) => [nameOf(model), model.context_length]));
  return models
    .filter((model) => chats(model) && !isRemote(model))
    .map((model) => ({ name: nameOf(model), contextWindow: windowOf(windows.get(nameOf(model))), ...sightOf(model) }));
}

async function findLmStudioModels(origin: string, signal: AbortSignal): Promise<LocalModel[]> {
  const own = listIn(await read(`${origin}/api/v0/models`, signal).catch(() => null), 'data');
  const models = own ?? listIn(await read(`${origin}/v1/models`, signal), 'data') ?? [];
  return models.filter(chats).map((model) => ({
    name: nameOf(model),
    contextWindow: windowOf(model.loaded_context_length),
    ...sightOf(model),
  }));
}

type Described = Readonly<Record<string, unknown>>;

/** Null: the server has no such list. */
function listIn(body: unknown, member: string): Described[] | null {
  const list = isRecord(body) ? body[member] : null;
  return Array.isArray(list) ? list.filter(isRecord) : null;
}

function nameOf({ name, model, id }: Described): string {
  return [name, model, id].find((given) => typeof given === 'string') ?? '';
}

function windowOf(tokens: unknown): number | null {
  return Number.isSafeInteger(tokens) && (tokens as number) >= 512 && (tokens as number) <= 100_000_000
    ? (tokens as number)
    : null;
}

/** LM Studio has a type for models that see images, Ollama a capability. */
function sightOf({ type, capabilities }: Described): { seesImages?: true } {
  return type === 'vlm' || (Array.isArray(capabilities) && capabilities.includes('vision')) ? { seesImages: true } : {};
}

/** A model that makes embeddings, or ranks texts, answers no prompt. */
function chats(model: Described): boolean {
  const { type, capabilities, details } = model;
  if (type === 'embeddings' || type === 'embedding') return false;
  if (Array.isArray(capabilities) && capabilities.includes('embedding')) return false;
  const family = isRecord(details) ? String(details.family ?? '') : '';
  return !/bert/i.test(family) && !/embed|minilm|rerank|\bbge\b/i.test(nameOf(model));
}

/** Ollama passes some models on to its own cloud, where they may cost money; the prompt would leave this machine. */
function isRemote(model: Described): boolean {
  return Boolean(model.remote_host || model.remote_model) || /[:-]cloud$/i.test(nameOf(model));
}

/** Fetches a JSON body. Rejects if none comes in time, or if it is too large. */
function read(url: string, signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: false, signal, headers: { accept: 'application/json' } }, (response) => {
      if (response.statusCode !== 200) {
        response.destroy();
        reject(new Error(`HTTP ${response.statusCode}`));
      } else bodyOf(response).then(resolve, reject);
    });
    request.on('error', reject);
  });
}

async function bodyOf(response: IncomingMessage): Promise<unknown> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > bodyBytesMax) throw new Error('Too much to be a list of models.');
    pieces.push(piece);
  }
  return JSON.parse(Buffer.concat(pieces).toString());
}

function isRecord(value: unknown): value is Described {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
