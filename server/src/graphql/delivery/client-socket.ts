import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import { CloseCode, type Server } from 'graphql-ws';
import { WebSocket } from 'ws';
import { Outbox } from '../../delivery/outbox.ts';
import type { Viewer } from '../../domain/people/members.ts';

/** How long a client has to say who it is. */
const INTRODUCTION_MS = 3000;
/** A socket that does not answer a ping before the next one is dead. */
const PING_MS = 12_000;
/** A client with so many unread bytes of answers is not listened to until it has read them. */
const UNREAD_BYTES_MAX = 1024 * 1024;
/** A client with so many unread bytes, of operations that it asked for before, is disconnected. */
const UNREAD_BYTES_END = 64 * 1024 * 1024;
/** How long a message may take to arrive. */
const MESSAGE_MS = 30_000;
/** The longest message of a client that is not known to be a member. */
const STRANGER_BYTES_MAX = 256 * 1024;
/** Bytes of a control frame before its payload, as a client sends it. */
const CONTROL_FRAME_BYTES = 6;

/** A close code of RFC 6455, 7.4.1. */
const MESSAGE_TOO_BIG = 1009;

/** The credentials that a client sends. */
type Credentials = Partial<Record<'authorization' | 'x-api-key' | 'cookie', string>>;

/** graphql-ws does not export this type. */
type ProtocolSocket = Parameters<Server['opened']>[0];

/** How the JSON of messages is read. */
export interface MessageJson {
  /** Whether a message may be parsed; else the socket is closed. */
  accepts(message: Buffer): boolean;
  /** Parses a message off the event loop; resolves to an empty list if it is not JSON. Null: the message is small. */
  parseLarge(message: Buffer): Promise<[] | [unknown]> | null;
}

export interface ClientSocketOptions {
  /** The headers of the upgrade request. */
  headers: IncomingHttpHeaders;
  address: string;
  connectionId: string;
  /** Called with an error that a message caused. */
  onFault: (error: unknown) => void;
  json: MessageJson;
  /** Called when a message grows beyond what a stranger may send. */
  findMember: (client: ClientSocket) => Promise<Viewer | null>;
}

/**
 * A client's WebSocket in the form that graphql-ws uses. It knows the client's member, writes what goes out, and
 * notices when nobody is there any more.
 */
export class ClientSocket implements ProtocolSocket {
  readonly outbox: Outbox;
  /** The client's address. */
  readonly address: string;
  /** Begins the names of its operations. */
  readonly connectionId: string;
  /** Credentials from the upgrade request and from the connection's parameters. */
  credentials: Credentials;
  /** The result of the last look-up of the viewer. */
  viewer: { found: Viewer | null; foundAt: number } | null = null;
  /** Whether the last look-up found a member. */
  isMembers = false;
  /** Ends the watch over the member's session; null: there is none. */
  unwatch: (() => void) | null = null;
  /** Called with an error that a message caused. */
  readonly #onFault: (error: unknown) => void;
  readonly #webSocket: WebSocket;
  readonly #connection: Duplex;
  readonly #openedAt = performance.now();
  #isIntroduced = false;
  #pingedAt = this.#openedAt;
  #answers = true;
  /** Bytes of the message that is arriving, its frames' headers included. */
  #arrivedBytes = 0;
  #arrivingSince = 0;
  #isRefused = false;
  #operations = 0;
  readonly #json: MessageJson;
  /**
   * Resolves when the large message that is being parsed has had its turn; later ones wait for it. Null: there is none.
   */
  #parsing: Promise<void> | null = null;
  readonly #findMember: () => Promise<Viewer | null>;

  constructor(webSocket: WebSocket, connection: Duplex, options: ClientSocketOptions) {
    const { headers, address, connectionId, onFault, json, findMember } = options;
    this.outbox = new SocketOutbox(webSocket, connection);
    this.#webSocket = webSocket;
    this.#connection = connection;
    this.credentials = credentialsIn(headers, ['authorization', 'x-api-key', 'cookie']);
    this.address = address;
    this.connectionId = connectionId;
    this.#json = json;
    this.#onFault = onFault;
    this.#findMember = () => findMember(this);
    // The bytes are counted before ws gets them; its events then tell which of them were a whole message.
    connection.prependListener('data', (piece: Buffer) => this.#arrive(piece.length));
    // ws answers each ping, and a client may leave the answers unread.
    webSocket.on('ping', (data) => {
      this.#arrive(-CONTROL_FRAME_BYTES - data.length);
      this.#holdBack();
    });
    webSocket.on('pong', (data) => {
      this.#arrive(-CONTROL_FRAME_BYTES - data.length);
      this.#answers = true;
    });
  }

  #arrive(bytes: number): void {
    if (this.#arrivedBytes === 0) this.#arrivingSince = performance.now();
    this.#arrivedBytes = Math.max(0, this.#arrivedBytes + bytes);
    if (this.#arrivedBytes > STRANGER_BYTES_MAX && !this.isMembers && !this.#webSocket.isPaused) this.#askWhose();
  }

  /** Reads no more of a message until it is known whether a member sends it. */
  #askWhose(): void {
    this.#webSocket.pause();
    this.#findMember().then(
      (member) => {
        if (member) this.#webSocket.resume();
        else this.#refuseMessage();
      },
      (error) => {
        this.#onFault(error);
        this.terminate();
      },
    );
  }

  /** Refuses a message and reads nothing more. The client has until the next look to read why. */
  #refuseMessage(): void {
    this.close(MESSAGE_TOO_BIG, 'Message too big');
    this.#webSocket.pause();
    this.#isRefused = true;
  }

  /** @returns the number of the operation that now begins, from 1 */
  countOperation(): number {
    this.#operations += 1;
    return this.#operations;
  }

  get protocol(): string {
    return this.#webSocket.protocol;
  }

  get isOpen(): boolean {
    return this.#webSocket.readyState === WebSocket.OPEN;
  }

  /** Takes the connection's parameters: programs that cannot set headers send their API key there. */
  introduce(parameters: Readonly<Record<string, unknown>>): void {
    this.#isIntroduced = true;
    this.credentials = { ...this.credentials, ...credentialsIn(parameters, ['authorization', 'x-api-key']) };
  }

  /** Sends a message of the protocol; resolves when it is on its way, or the client has left. */
  send(message: string): Promise<void> {
    return new Promise((resolve) => {
      if (this.isOpen) this.#webSocket.send(message, () => resolve());
      else resolve();
      if (this.#connection.writableLength > UNREAD_BYTES_END) this.terminate();
      else this.#holdBack();
    });
  }

  /** Stops reading from a client that does not read its answers, so that they cannot fill this process's memory. */
  #holdBack(): void {
    if (this.#connection.writableLength < UNREAD_BYTES_MAX || this.#webSocket.isPaused || !this.isOpen) return;
    this.#webSocket.pause();
    this.#connection.once('drain', () => this.#webSocket.resume());
  }

  close(code: number, reason: string): void {
    this.#webSocket.close(code, reason);
  }

  /**
   * Registers the handler of messages. A message must be forgotten as soon as `take` has it, since that takes as long
   * as the operation lasts.
   */
  onMessage(take: (message: string) => Promise<void>): void {
    const fail = (error: unknown) => {
      if (isOfServersOnly(error)) return this.close(CloseCode.BadRequest, 'Unexpected message');
      this.#onFault(error);
      this.close(CloseCode.InternalServerError, 'Internal server error');
    };
    const taken = (message: unknown) => void take(message as string).catch(fail);
    this.#webSocket.on('message', (message: Buffer) => {
      this.#arrivedBytes = 0;
      if (!this.#json.accepts(message)) return this.#refuseMessage();
      const large = this.#json.parseLarge(message);
      if (!large && !this.#parsing) return taken(String(message));
      // graphql-ws accepts a parsed message as it is, and closes the socket for '', which is not JSON.
      const turn = Promise.all([large ?? [String(message)], this.#parsing]).then(([[value]]) => {
        // If the client has left meanwhile, 'close' will not fire again, and an operation begun now would never end.
        if (this.isOpen) taken(value ?? '');
      });
      this.#wait(turn.catch(fail));
    });
  }

  /** Reads nothing more until a message has had its turn. */
  #wait(turn: Promise<void>): void {
    this.#parsing = turn;
    this.#webSocket.pause();
    void turn.then(() => {
      if (this.#parsing !== turn) return;
      this.#parsing = null;
      if (!this.#isRefused) this.#webSocket.resume();
    });
  }

  onClose(closed: (code: number, reason: string) => Promise<void>): void {
    this.#webSocket.on('close', (code, reason) => {
      this.outbox.close();
      this.unwatch?.();
      closed(code, String(reason)).catch(this.#onFault);
    });
  }

  /**
   * Checks whether the client is still there; to be called every second or so. There is no timer for each socket, since
   * it would be kept as long as the socket.
   *
   * @returns false if the socket is closed
   */
  look(): boolean {
    const now = performance.now();
    if (this.#isRefused) this.terminate();
    if (!this.#isIntroduced && now - this.#openedAt > INTRODUCTION_MS) {
      this.close(CloseCode.ConnectionInitialisationTimeout, 'Connection initialisation timeout');
    }
    const isLate = this.#arrivedBytes > 0 && now - this.#arrivingSince > MESSAGE_MS;
    // A client that is held back cannot send the rest.
    if (isLate && this.#webSocket.isPaused) this.#arrivingSince = now;
    else if (isLate) this.terminate();
    if (now - this.#pingedAt >= PING_MS) {
      if (this.#answers) this.#webSocket.ping();
      else this.#webSocket.terminate();
      this.#pingedAt = now;
      this.#answers = false;
    }
    return this.#webSocket.readyState !== WebSocket.CLOSED;
  }

  terminate(): void {
    this.#webSocket.terminate();
  }
}

function credentialsIn(values: Readonly<Record<string, unknown>>, names: readonly (keyof Credentials)[]): Credentials {
  const credentials: Credentials = {};
  for (const [key, value] of Object.entries(values)) {
    const name = names.find((one) => one === key.toLowerCase());
    if (name && typeof value === 'string') credentials[name] = value;
  }
  return credentials;
}

/** Writes past ws, which would write each message by itself and in two parts. */
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

/** Encodes messages as WebSocket text frames (RFC 6455, 5.2): unfragmented, and not masked, as a server sends them. */
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

/** @returns the offset after the frame */
function writeFrame(frames: Buffer, start: number, message: string, length: number): number {
  frames[start] = 0x81;
  frames[start + 1] = length < 126 ? length : length < 65_536 ? 126 : 127;
  let end = start + 2;
  if (length >= 65_536) end = frames.writeBigUInt64BE(BigInt(length), end);
  else if (length >= 126) end = frames.writeUInt16BE(length, end);
  return end + frames.write(message, end);
}

/**
 * Whether graphql-ws threw this for a well-formed message that only servers send: a mistake of the client, no fault of
 * this server.
 */
function isOfServersOnly(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('Unexpected message of type');
}
