import type { IncomingMessage, ServerResponse } from 'node:http';
import { NotFoundError } from '../../domain/ground/errors.ts';
import { type ReaderLimits, requireFewActs } from '../../domain/sharing/reader-limits.ts';
import { tokenIn } from '../../domain/sharing/readers.ts';
import { findSharedFile } from '../../domain/sharing/shared-conversation.ts';
import { CallError, problem } from '../calls/call-problem.ts';
import type { CallsOptions } from '../calls/call-request.ts';
import { refusingFiles } from '../files/refusal.ts';
import { serve, thumbnailOf, wholeFile } from '../files/serving.ts';
import type { Route } from '../route.ts';

export interface SharedFileOptions extends Pick<CallsOptions, 'domain' | 'findViewer'> {
  readerLimits: ReaderLimits;
  addressOf(req: IncomingMessage): string;
}

const pattern = /^\/s\/([\w-]{24})\/files\/(\d{1,4})(\/thumbnail)?$/;

/** `GET /s/<key>/files/<number>` and its `/thumbnail`: files of a share, for whoever may read the share. */
export function createSharedFileRoute(options: SharedFileOptions): Route {
  return {
    name: 'shared-file',
    matches: (path) => pattern.test(path),
    handle: refusingFiles((req, res) => answer(req, res, options)),
  };
}

async function answer(req: IncomingMessage, res: ServerResponse, options: SharedFileOptions): Promise<void> {
  const { domain, findViewer, addressOf, readerLimits } = options;
  // The address of a share is a secret, and what it shows is for people.
  res.setHeader('Referrer-Policy', 'no-referrer');
  res.setHeader('X-Robots-Tag', 'noindex, nofollow, noarchive');
  if (req.method !== 'GET' && req.method !== 'HEAD') {
    res.setHeader('Allow', 'GET, HEAD');
    throw new CallError(problem('methodNotAllowed', 'Use GET, HEAD.'));
  }
  const url = new URL(req.url ?? '/', 'http://localhost');
  const [, key = '', number = '', thumbnail] = pattern.exec(url.pathname) ?? [];
  const member = await findViewer(req);
  const reader = { member, token: tokenIn(req.headers.cookie), address: readerLimits.blockOf(addressOf(req)) };
  await requireFewActs(readerLimits, reader, 'waitToRead');
  const file = await findSharedFile(domain.sharing, key, { number: Number(number), reader });
  if (!file) throw new NotFoundError('file');
  const served = thumbnail === undefined ? wholeFile(file, url.searchParams.has('download')) : thumbnailOf(file);
  await serve(req, res, served, domain.fileContents);
}
