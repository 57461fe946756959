import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import { CloseCode, type Server } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { Viewer } from '../../domain/people/members.ts';
import { Outbox } from './outbox.ts';

/** Within this time a client says who it is. */
const INTRODUCTION_MS = 3000;
/** A socket that does not answer a ping before the next one is dead. */
const PING_MS = 12_000;
/** Of answers that a client does not read; who has so many unread is not listened to either. */
const UNREAD_BYTES_MAX = 1024 * 1024;
/** Who has so many unread, of operations that were asked for before, is let go. */
const UNREAD_BYTES_END = 64 * 1024 * 1024;
/** A message that has begun arrives whole within this time, and is taken from the kernel meanwhile. */
const MESSAGE_MS = 30_000;
/** What whoever is not known to be a member may send in one message. */
const STRANGER_BYTES_MAX = 256 * 1024;
/** A control frame's own, before what it carries, as a client sends it. */
const CONTROL_FRAME_BYTES = 6;

/** Of RFC 6455, 7.4.1. */
const MESSAGE_TOO_BIG = 1009;

/** What a client says of who it is. */
type Credentials = Partial<Record<'authorization' | 'x-api-key' | 'cookie', string>>;

/** Not exported by graphql-ws. */
type ProtocolSocket = Parameters<Server['opened']>[0];

/** How the JSON of messages is read. */
export interface MessageJson {
  /** Whether a message may be parsed; else the socket is closed. */
  accepts(message: Buffer): boolean;
  /** Parses a message apart from the event loop; resolves to an empty list where it is no JSON. Null: it is small. */
  parseLarge(message: Buffer): Promise<[] | [unknown]> | null;
}

export interface ClientSocketOptions {
  /** Of the upgrade. */
  headers: IncomingHttpHeaders;
  address: string;
  /** Gets what is thrown where a message is taken. */
  onFault: (error: unknown) => void;
  json: MessageJson;
  /** Asked where a message grows beyond what a stranger may send. */
  findMember: (client: ClientSocket) => Promise<Viewer | null>;
}

/** A client's WebSocket, as graphql-ws uses one: who it is of, what goes out on it, and whether anybody is there. */
export class ClientSocket implements ProtocolSocket {
  readonly outbox: Outbox;
  /** Where it is from. */
  readonly address: string;
  /** Of the upgrade, and of the connection's parameters. */
  credentials: Credentials;
  /** Who it was of when it was last looked up. */
  viewer: { found: Viewer | null; foundAt: number } | null = null;
  /** Whether a member may send it: set when one was found. */
  isMembers = false;
  /** Ends the watch over its member; null: there is none. */
  unwatch: (() => void) | null = null;
  /** Gets what is thrown where a message is taken. */
  readonly #onFault: (error: unknown) => void;
  readonly #webSocket: WebSocket;
  readonly #connection: Duplex;
  readonly #openedAt = performance.now();
  #isIntroduced = false;
  #pingedAt = this.#openedAt;
  #answers = true;
  /** Of the message that has begun to arrive, its frames' heads included. */
  #arrivedBytes = 0;
  #arrivingSince = 0;
  #isRefused = false;
  readonly #json: MessageJson;
  /** A large message that is parsed; those after it wait. Null: there is none. */
  #parsing: Promise<void> | null = null;
  readonly #findMember: () => Promise<Viewer | null>;

  constructor(webSocket: WebSocket, connection: Duplex, options: ClientSocketOptions) {
    const { headers, address, onFault, json, findMember } = options;
    this.outbox = new SocketOutbox(webSocket, connection);
    this.#webSocket = webSocket;
    this.#connection = connection;
    this.credentials = credentialsIn(headers, ['authorization', 'x-api-key', 'cookie']);
    this.address = address;
    this.#json = json;
    this.#onFault = onFault;
    this.#findMember = () => findMember(this);
    // Before ws takes them, which tells in turn what of them was a whole message.
    connection.prependListener('data', (piece: Buffer) => this.#arrive(piece.length));
    // ws answers each of them.
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

  /** Nothing more of a message is taken until it is known that a member sends it. */
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

  /** Who goes on sending is not read any more, and has until the next look to read why. */
  #refuseMessage(): void {
    this.close(MESSAGE_TOO_BIG, 'Message too big');
    this.#webSocket.pause();
    this.#isRefused = true;
  }

  get protocol(): string {
    return this.#webSocket.protocol;
  }

  get isOpen(): boolean {
    return this.#webSocket.readyState === WebSocket.OPEN;
  }

  /** Programs that cannot set headers have the API key among the connection's parameters. */
  introduce(parameters: Readonly<Record<string, unknown>>): void {
    this.#isIntroduced = true;
    this.credentials = { ...this.credentials, ...credentialsIn(parameters, ['authorization', 'x-api-key']) };
  }

  /** Sends a message of the protocol, and resolves when it is on its way, or nobody is there any more. */
  send(message: string): Promise<void> {
    return new Promise((resolve) => {
      if (this.isOpen) this.#webSocket.send(message, () => resolve());
      else resolve();
      if (this.#connection.writableLength > UNREAD_BYTES_END) this.terminate();
      else this.#holdBack();
    });
  }

  /** Whoever asks and does not read the answers must not fill this process's memory with them. */
  #holdBack(): void {
    if (this.#connection.writableLength < UNREAD_BYTES_MAX || this.#webSocket.isPaused || !this.isOpen) return;
    this.#webSocket.pause();
    this.#connection.once('drain', () => this.#webSocket.resume());
  }

  close(code: number, reason: string): void {
    this.#webSocket.close(code, reason);
  }

  /** A message is forgotten as soon as it is taken: graphql-ws takes as long as what it asks for goes on. */
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
      // graphql-ws takes what is parsed as it is, and closes the socket for what is no JSON.
      const turn = Promise.all([large ?? [String(message)], this.#parsing]).then(([[value]]) => {
        // Nobody would end what is begun for a client that left meanwhile.
        if (this.isOpen) taken(value ?? '');
      });
      this.#wait(turn.catch(fail));
    });
  }

  /** Reads nothing more until a message had its turn. */
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
   * Looks whether anybody is there; to be called every second or so. Not by a timer for each, which is kept as long.
   *
   * @returns false: it is closed
   */
  look(): boolean {
    const now = performance.now();
    if (this.#isRefused) this.terminate();
    if (!this.#isIntroduced && now - this.#openedAt > INTRODUCTION_MS) {
      this.close(CloseCode.ConnectionInitialisationTimeout, 'Connection initialisation timeout');
    }
    const isLate = this.#arrivedBytes > 0 && now - this.#arrivingSince > MESSAGE_MS;
    // Who is held back cannot send the rest.
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

/** What graphql-ws throws for a message that is well-formed and none that clients send: their mistake, and no fault here. */
function isOfServersOnly(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('Unexpected message of type');
}
