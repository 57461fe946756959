import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { ownTurn } from '../../domain/ground/own-turn.ts';

/** UTF-16 code units. A longer text, such as an image's base64, is written by itself. */
const TEXT_LENGTH_MAX = 64 * 1024;
/** How long a client may take nothing, in ms. */
const SILENCE_MS_MAX = 60_000;

/**
 * Sends JSON that may have long texts in it as a body whose head is yet to be written. Each long text has a turn of the event
 * loop of its own, and the next one waits until the client has taken it.
 */
export async function sendLongJson(
  res: ServerResponse,
  body: unknown,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  const mark = randomUUID();
  const long: string[] = [];
  const json = JSON.stringify(body, (_name, value: unknown) =>
    typeof value === 'string' && value.length > TEXT_LENGTH_MAX ? `${mark}${long.push(value) - 1}` : value,
  );
  res.writeHead(200, headers);
  if (long.length === 0) return void res.end(json);
  res.setTimeout(SILENCE_MS_MAX, () => res.destroy());
  for (const [index, piece] of json.split(new RegExp(`"${mark}(\\d+)"`)).entries()) {
    // Every second piece is the place of a long text.
    const text = index % 2 === 0 ? piece : JSON.stringify(long[Number(piece)]);
    if (res.destroyed) return;
    if (!res.write(text)) await Promise.race([once(res, 'drain'), once(res, 'close')]).catch(() => {});
    await ownTurn();
  }
  res.end();
}
