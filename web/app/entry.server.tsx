import { Transform } from 'node:stream';
import {
  type AppLoadContext,
  createReadableStreamFromReadable,
  type EntryContext,
  type HandleErrorFunction,
} from '@remix-run/node';
import { isRouteErrorResponse, RemixServer } from '@remix-run/react';
import { isbot } from 'isbot';
import { renderToPipeableStream } from 'react-dom/server';
import { ownTurn } from './graphql/own-turn.server.ts';
import './graphql/load-context.ts';
import { NonceContext } from './nonce.ts';

export const streamTimeout = 10_000;

/** Renders a page: people get the shell at once and the rest as it is ready, crawlers all of it in one piece. */
export default async function handleRequest(
  request: Request,
  status: number,
  headers: Headers,
  remixContext: EntryContext,
  { nonce, log }: AppLoadContext,
): Promise<Response> {
  const whole = isbot(request.headers.get('user-agent') ?? '');
  await ownTurn();
  return new Promise((resolve, reject) => {
    let started = false;
    const respond = () => {
      started = true;
      const body = new PageBody();
      headers.set('Content-Type', 'text/html; charset=utf-8');
      headers.set('Cache-Control', 'no-store');
      resolve(
        new Response(createReadableStreamFromReadable(body), {
          headers,
          status: failed && status === 200 ? 500 : status,
        }),
      );
      stream.pipe(body);
    };
    let failed = false;
    const stream = renderToPipeableStream(
      <NonceContext.Provider value={nonce}>
        <RemixServer context={remixContext} url={request.url} nonce={nonce} abortDelay={streamTimeout} />
      </NonceContext.Provider>,
      {
        nonce,
        onShellReady: whole ? undefined : respond,
        onAllReady: whole ? respond : undefined,
        onShellError: reject,
        onError(error) {
          failed = true;
          // onShellError reports a failure of the shell. Later failures would be lost without this line.
          if (started) log.error({ err: error }, 'A page could not be rendered to its end.');
        },
      },
    );
    const timer = setTimeout(() => stream.abort(), streamTimeout + 1000);
    timer.unref();
  });
}

/** Sends the page in few large pieces: React writes some 2,000 characters at a time, and calls `flush` when they may be sent. */
class PageBody extends Transform {
  private pieces: Buffer[] = [];
  private bytes = 0;

  override _transform(piece: Buffer, _: string, done: () => void): void {
    this.pieces.push(piece);
    this.bytes += piece.length;
    if (this.bytes >= pieceBytes) this.flush();
    done();
  }

  override _flush(done: () => void): void {
    this.flush();
    done();
  }

  flush(): void {
    if (this.bytes > 0) this.push(Buffer.concat(this.pieces, this.bytes));
    this.pieces = [];
    this.bytes = 0;
  }
}

const pieceBytes = 64 * 1024;

/** Remix calls this with an error that a loader, an action or the shell of a page threw, unless it is a Response. */
export const handleError: HandleErrorFunction = (error, { request, context }) => {
  // A client that has left is no fault, nor is an address that leads nowhere.
  if (request.signal.aborted || (isRouteErrorResponse(error) && error.status < 500)) return;
  context.log.error({ err: error }, 'A page failed.');
};
