import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RateLimiterAbstract } from 'rate-limiter-flexible';
import type { Domain } from '../../domain/domain.ts';
import { NotFoundError } from '../../domain/ground/errors.ts';
import { type IdType, parseGlobalId } from '../../domain/ground/global-ids.ts';
import { toName } from '../../domain/ground/names.ts';
import { conversationsAsJson, type ExportForm, exportConversation } from '../../domain/keeping/exports.ts';
import { hasScope, type Viewer } from '../../domain/people/members.ts';
import { contentDisposition } from '../files/disposition.ts';
import { conversationArchive } from './conversation-archive.ts';
import { sendPieces, sendStream, waitOf } from './download.ts';

export interface ConversationExportOptions extends Pick<Domain, 'db' | 'fileContents' | 'offer'> {
  findViewer(req: IncomingMessage): Promise<Viewer | null>;
  /** Count the downloads of a member, of everything and of single conversations; see `waitOf`. */
  downloads: Record<'all' | 'single', Pick<RateLimiterAbstract, 'consume'>>;
}

const everything = /^\/export\/conversations\.(json|zip)$/;
const single = /^\/export\/conversation\/([^/]+)\.(json|md|html)$/;

/** Nothing in the file runs, and nothing is loaded. */
const policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

const types = {
  json: 'application/json; charset=utf-8',
  md: 'text/markdown; charset=utf-8',
  html: 'text/html; charset=utf-8',
  zip: 'application/zip',
};

export function isConversationExport(path: string): boolean {
  return everything.test(path) || single.test(path);
}

/**
 * Answers `GET /export/conversations.json` and `.zip` with all conversations of the member, thirty times an hour, and `GET
 * /export/conversation/<id>.json`, `.md` and `.html` with one: of a branch, if `turn` names its last turn. An API key needs
 * READ.
 */
export async function handleConversationExport(
  req: IncomingMessage,
  res: ServerResponse,
  options: ConversationExportOptions,
): Promise<void> {
  const { pathname, searchParams } = new URL(req.url ?? '/', 'http://localhost');
  if (req.method !== 'GET') return refuse(res, 405, 'Use GET.');
  const viewer = await options.findViewer(req);
  if (!viewer) return refuse(res, 401, 'Sign in first.');
  if (!hasScope(viewer, 'READ')) return refuse(res, 403, 'This needs an API key with the scope READ.');
  const [, ofAll] = everything.exec(pathname) ?? [];
  const waitMs = await waitOf(options.downloads[ofAll ? 'all' : 'single'], viewer.id);
  if (waitMs > 0) {
    res.setHeader('Retry-After', Math.ceil(waitMs / 1000));
    return refuse(res, 429, `You have downloaded often. Try again in ${Math.ceil(waitMs / 60_000)} minutes.`);
  }
  const stillAllowed = async () => (await options.findViewer(req))?.id === viewer.id;
  if (ofAll === 'zip') {
    writeHead(res, 'zip', 'polylogue-conversations');
    const contents = options.fileContents;
    return sendStream(res, await conversationArchive({ db: options.db, contents }, viewer.id, seldom(stillAllowed)));
  }
  if (ofAll === 'json') {
    writeHead(res, 'json', 'polylogue-conversations');
    return sendPieces(res, conversationsAsJson(options.db, viewer.id), stillAllowed);
  }
  const found = await findDocument(options, viewer, { pathname, turn: searchParams.get('turn') });
  if (!found) return refuse(res, 404, 'There is no such conversation or turn, or it is not yours.');
  writeHead(res, found.form, found.title, found.form === 'html' && searchParams.has('print'));
  await sendPieces(res, found.texts, stillAllowed);
}

async function findDocument(
  { db, fileContents: contents, offer }: ConversationExportOptions,
  viewer: Viewer,
  { pathname, turn }: { pathname: string; turn: string | null },
) {
  const [, escapedId = '', extension] = single.exec(pathname) ?? [];
  const form = extension as ExportForm;
  const conversationId = localIdOf('Conversation', escapedId);
  const lastTurnId = turn === null ? null : localIdOf('Turn', turn);
  if (conversationId === null || (turn !== null && lastTurnId === null)) return null;
  const asked = { userId: viewer.id, conversationId, lastTurnId, form };
  try {
    return { form, ...(await exportConversation({ db, contents, catalogue: offer.now.catalogue }, asked)) };
  } catch (error) {
    if (error instanceof NotFoundError) return null;
    throw error;
  }
}

function localIdOf(typename: IdType, escapedId: string): string | null {
  // An id is of base64, of which a path escapes these three signs alone.
  const named = parseGlobalId(escapedId.replace(/%3D/gi, '=').replace(/%2B/gi, '+').replace(/%2F/gi, '/'));
  return named?.typename === typename ? named.id : null;
}

/** @param isPrinted whether a page of this origin shows it in a frame, to have it printed */
function writeHead(res: ServerResponse, form: keyof typeof types, title: string, isPrinted = false): void {
  const name =
    toName(title)
      .replace(/[/\\:*?"<>|]/g, '-')
      .slice(0, 100)
      .toWellFormed()
      .trim() || 'conversation';
  res.writeHead(200, {
    'Content-Type': types[form],
    'Content-Disposition': contentDisposition(isPrinted ? 'inline' : 'attachment', `${name}.${form}`),
    // A page in a sandbox is of no origin, and could not be told to print.
    'Content-Security-Policy': `${policy}; ${isPrinted ? "frame-ancestors 'self'" : 'sandbox'}`,
    ...(isPrinted && { 'X-Frame-Options': 'SAMEORIGIN' }),
    'Cache-Control': 'no-store',
  });
}

/** How long an answer of `ask` is believed, in ms. */
const BELIEVED_MS = 5000;

function seldom(ask: () => Promise<boolean>): () => Promise<boolean> {
  let askAt = performance.now() + BELIEVED_MS;
  return async () => {
    if (performance.now() < askAt) return true;
    askAt = performance.now() + BELIEVED_MS;
    return ask();
  };
}

function refuse(res: ServerResponse, status: number, message: string): void {
  res.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${message}\n`);
}
