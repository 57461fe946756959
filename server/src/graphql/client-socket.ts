import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import type { Member } from '../domain/members.ts';
import { Outbox } from './outbox.ts';

/** A socket that does not answer a ping before the next one is dead. */
const PING_MS = 12_000;

/** What a client says of who it is. */
const credentialNames = ['authorization', 'x-api-key', 'cookie'] as const;
type Credentials = Partial<Record<(typeof credentialNames)[number], string>>;

/** A client's WebSocket: who it is of, what goes out on it, and whether anybody is there. */
export class ClientSocket {
  readonly webSocket: WebSocket;
  readonly outbox: Outbox;
  /** Who it was of when it was last looked up. */
  viewer: { found: Member | null; foundAt: number } | null = null;
  /** Whether what becomes of its member is heard of. */
  watched = false;
  /** The upgrade's: all of it that is looked at later. */
  readonly #credentials: Credentials;
  readonly #pings: NodeJS.Timeout;
  #answers = true;

  constructor(webSocket: WebSocket, connection: Duplex, headers: IncomingHttpHeaders) {
    this.webSocket = webSocket;
    this.outbox = new SocketOutbox(webSocket, connection);
    this.#credentials = credentialsIn(headers);
    this.#pings = setInterval(() => this.#ping(), PING_MS);
    webSocket.on('pong', () => {
      this.#answers = true;
    });
    webSocket.on('close', () => {
      clearInterval(this.#pings);
      this.outbox.close();
    });
  }

  /** The upgrade's, and for programs that cannot set those an API key among the connection's parameters. */
  credentials(parameters: Readonly<Record<string, unknown>> | undefined): Headers {
    return new Headers({ ...this.#credentials, ...credentialsIn(parameters ?? {}, ['authorization', 'x-api-key']) });
  }

  /** Sends a message of the protocol, and resolves when it is on its way, or nobody is there any more. */
  send(message: string): Promise<void> {
    return new Promise((resolve) => {
      if (this.webSocket.readyState === WebSocket.OPEN) this.webSocket.send(message, () => resolve());
      else resolve();
    });
  }

  #ping(): void {
    if (this.#answers) this.webSocket.ping();
    else this.webSocket.terminate();
    this.#answers = false;
  }
}

function credentialsIn(
  values: Readonly<Record<string, unknown>>,
  names: readonly (keyof Credentials)[] = credentialNames,
): Credentials {
  const credentials: Credentials = {};
  for (const [key, value] of Object.entries(values)) {
    const name = names.find((one) => one === key.toLowerCase());
    if (name && typeof value === 'string') credentials[name] = value;
  }
  return credentials;
}

/** Beneath ws, which would write each message by itself and in two parts. */
class SocketOutbox extends Outbox {
  readonly #webSocket: WebSocket;

  constructor(webSocket: WebSocket, socket: Duplex) {
    super(socket);
    this.#webSocket = webSocket;
  }

  protected send(messages: readonly string[]): boolean {
    return this.#webSocket.readyState !== WebSocket.OPEN || this.connection.write(toFrames(messages));
  }
}

/** As WebSocket's text frames (RFC 6455, 5.2): whole, and not masked, as a server sends them. */
export function toFrames(messages: readonly string[]): Buffer {
  let size = 0;
  for (const message of messages) size += frameSize(Buffer.byteLength(message));
  const frames = Buffer.allocUnsafe(size);
  let end = 0;
  for (const message of messages) end = writeFrame(frames, end, message, Buffer.byteLength(message));
  return frames;
}

function frameSize(length: number): number {
  return length + (length < 126 ? 2 : length < 65_536 ? 4 : 10);
}

/** @returns where it ends */
function writeFrame(frames: Buffer, start: number, message: string, length: number): number {
  frames[start] = 0x81;
  frames[start + 1] = length < 126 ? length : length < 65_536 ? 126 : 127;
  let end = start + 2;
  if (length >= 65_536) end = frames.writeBigUInt64BE(BigInt(length), end);
  else if (length >= 126) end = frames.writeUInt16BE(length, end);
  return end + frames.write(message, end);
}
