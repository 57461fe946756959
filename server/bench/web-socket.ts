import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import type { Duplex } from 'node:stream';

/**
 * A WebSocket client that does no more than the load client needs. That one shares its core with the provider and
 * the database, and has 50,000 messages a second to count: with a complete client it would be what is measured.
 */
export interface Socket {
  send(message: object): void;
  close(): void;
}

/** `onMessage` gets each text message's payload. */
export function openSocket(
  url: string,
  headers: Record<string, string>,
  onMessage: (payload: Buffer) => void,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const upgrade = request(url, {
      agent: false,
      headers: {
        ...headers,
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': randomBytes(16).toString('base64'),
        'sec-websocket-protocol': 'graphql-transport-ws',
      },
    });
    upgrade.once('error', reject);
    upgrade.once('response', (response) => reject(new Error(`No upgrade: ${response.statusCode}`)));
    upgrade.once('upgrade', (_response, socket, head) => {
      const read = createReader((opcode, payload) => {
        if (opcode === 1) onMessage(payload);
        else if (opcode === 9) socket.write(toFrame(10, payload));
        else if (opcode === 8) socket.end();
      });
      socket.on('error', () => {});
      socket.on('data', read);
      (socket as import('node:net').Socket).setNoDelay(true);
      if (head.length > 0) read(head);
      resolve(toSocket(socket));
    });
    upgrade.end();
  });
}

function toSocket(socket: Duplex): Socket {
  return {
    send: (message) => void socket.write(toFrame(1, Buffer.from(JSON.stringify(message)))),
    close: () => void socket.destroy(),
  };
}

/** As a server sends them: whole messages, not masked. */
function createReader(onFrame: (opcode: number, payload: Buffer) => void): (chunk: Buffer) => void {
  let rest: Buffer | null = null;
  return (chunk) => {
    let data = rest ? Buffer.concat([rest, chunk]) : chunk;
    rest = null;
    while (data.length > 0) {
      const short = (data[1] ?? 0) & 0x7f;
      const headerLength = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (data.length < headerLength) break;
      const length = short < 126 ? short : short === 126 ? data.readUInt16BE(2) : Number(data.readBigUInt64BE(2));
      if (data.length < headerLength + length) break;
      onFrame((data[0] ?? 0) & 0x0f, data.subarray(headerLength, headerLength + length));
      data = data.subarray(headerLength + length);
    }
    if (data.length > 0) rest = data;
  };
}

/** Masked, as a client must, with the mask that changes nothing. */
function toFrame(opcode: number, payload: Buffer): Buffer {
  const { length } = payload;
  const header = Buffer.alloc(length < 126 ? 6 : length < 65_536 ? 8 : 14);
  header[0] = 0x80 | opcode;
  header[1] = 0x80 | (length < 126 ? length : length < 65_536 ? 126 : 127);
  if (length >= 65_536) header.writeBigUInt64BE(BigInt(length), 2);
  else if (length >= 126) header.writeUInt16BE(length, 2);
  return Buffer.concat([header, payload]);
}
