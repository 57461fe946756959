import type { IncomingMessage, ServerResponse } from 'node:http';

/** A body must bring PACE_BYTES in each PACE_MS, unless it ends before: some 17 kbit/s, as a phone has at the edge of its network. */
const PACE_BYTES = 64 * 1024;
const PACE_MS = 30_000;

/**
 * Ends a request whose body comes too slowly with 408. So a client that sends next to nothing soon gives back what it has
 * taken, such as its place among the uploads.
 */
export function requirePace(req: IncomingMessage, res: ServerResponse): void {
  const { socket, headers } = req;
  if (headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0) return;
  let before = socket.bytesRead;
  const timer = setInterval(() => {
    if (req.complete) return clearInterval(timer);
    // Where bytes wait for this server to take them, the client is not to blame.
    const isSlow = socket.bytesRead - before < PACE_BYTES && req.readableLength === 0;
    before = socket.bytesRead;
    if (!isSlow) return;
    clearInterval(timer);
    // A response that waits for an earlier one of its connection has no socket yet: its words would stand in that one's.
    if (!res.headersSent && res.socket) socket.write('HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n');
    socket.destroySoon();
  }, PACE_MS).unref();
  req.once('close', () => clearInterval(timer));
}
