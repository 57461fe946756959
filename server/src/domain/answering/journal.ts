import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import { sendTogether } from '../../database/connection/pipelining.ts';
import type { Database } from '../../database/database.ts';
import { insertChunksStatement, type NewChunk } from '../../database/response-chunks.ts';
import { type ResponseProgress, setProgressStatement } from '../../database/responses.ts';
import { type Notifications, turnTopic } from '../ground/notifications.ts';
import type { LiveResponse, LiveResponses } from './live-responses.ts';

/**
 * Writes what was appended to this process's live responses to the database, in one transaction for all of them,
 * several times a second. Other replicas read a response from there; after a crash only that is left of it.
 */
export interface Journal {
  /** Writes everything that is not written yet. Never rejects: what fails is tried again by the next call. */
  flush(): Promise<void>;
  /** Ends the timer, after a last flush. */
  close(): Promise<void>;
}

export interface JournalOptions {
  db: Kysely<Database>;
  live: LiveResponses;
  notifications: Notifications;
  /** The process's name on the leases of its responses. */
  owner: string;
  log: Logger;
  intervalMs?: number;
}

/** How far a response is written. */
interface Position {
  text: number;
  reasoning: number;
  notices: number;
  /** How often the list of parts had changed. */
  parts: number;
  firstTokenMs: number | null;
}

/** The position of a response that is not journalled yet: its row already has the text that it goes on from. */
function beginningOf({ before }: LiveResponse): Position {
  const { text, reasoning } = before;
  return { text: text.length, reasoning: reasoning.length, notices: 0, parts: 0, firstTokenMs: null };
}

export function createJournal({ db, live, notifications, owner, log, intervalMs = 250 }: JournalOptions): Journal {
  const positions = new WeakMap<LiveResponse, Position>();
  let flushing: Promise<void> | null = null;
  let closed = false;
  let failing = false;
  let timer = setTimeout(tick, intervalMs);

  async function tick() {
    await flush();
    if (!closed) timer = setTimeout(tick, intervalMs);
  }

  function flush(): Promise<void> {
    flushing ??= writeNews().finally(() => {
      flushing = null;
    });
    return flushing;
  }

  async function writeNews() {
    const news = [...live.all()].flatMap(
      (response) => newsOf(response, positions.get(response) ?? beginningOf(response)) ?? [],
    );
    if (news.length === 0) return;
    try {
      await writeAll(news);
      if (failing) log.info('The journal can be written again.');
      failing = false;
    } catch (error) {
      if (!failing) log.warn({ err: error }, 'The journal cannot be written; the text stays in memory until it can.');
      failing = true;
    }
  }

  /**
   * Writes all news together. If the database refuses that, it gets the responses one by one, so that a bad row does
   * not hold up the others.
   */
  async function writeAll(news: News[]) {
    try {
      await write(news);
    } catch (error) {
      if (!isRefusal(error) || news.length === 1) throw error;
      for (const single of news) {
        await write([single]).catch((reason) => {
          if (!isRefusal(reason)) throw reason;
          log.error({ err: reason, responseId: single.response.id }, 'The database refuses a piece of a response.');
        });
      }
    }
  }

  /** Writes and announces in one transaction, so that nobody hears of something that is not there yet. */
  async function write(news: News[]) {
    const chunks = news.flatMap((one) => one.chunks);
    const progress = news.flatMap((one) => one.progress ?? []);
    const topics = news.map(({ response }) => turnTopic(response.turnId));
    const { owned } = await db.transaction().execute((trx) =>
      sendTogether(trx, {
        owned: chunks.length > 0 ? insertChunksStatement(owner, chunks) : undefined,
        progress: progress.length > 0 ? setProgressStatement(owner, progress) : undefined,
        told: notifications.announcementStatement(topics),
      }),
    );
    const stillOwned = new Map(owned.map((row) => [row.id, row]));
    for (const { response, chunks, position } of news) {
      positions.set(response, position);
      if (chunks.length === 0) continue;
      const row = stillOwned.get(response.id);
      // The response is no longer owned: it was deleted, or taken over while this process was away. Nobody would read
      // the rest.
      if (!row) response.stop('INTERRUPTED');
      else if (row.stop_requested) response.stop('STOPPED');
    }
    notifications.wake(topics);
  }

  return {
    flush,
    async close() {
      closed = true;
      clearTimeout(timer);
      // A flush under way does not have what came after it began.
      await flushing;
      await flush();
    },
  };
}

interface News {
  response: LiveResponse;
  chunks: NewChunk[];
  progress: ResponseProgress | null;
  /** The response's position once this is written. */
  position: Position;
}

function newsOf(response: LiveResponse, written: Position): News | null {
  const chunks = (['reasoning', 'text'] as const).flatMap((part) => {
    const content = response[part].since(written[part]);
    return content === '' ? [] : [{ responseId: response.id, part, start: written[part], content }];
  });
  const position = {
    text: response.text.length,
    reasoning: response.reasoning.length,
    notices: response.notices.length,
    parts: response.partsRevision,
    firstTokenMs: response.firstTokenMs,
  };
  const progressed =
    position.notices > written.notices ||
    position.parts > written.parts ||
    position.firstTokenMs !== written.firstTokenMs;
  if (chunks.length === 0 && !progressed) return null;
  return { response, chunks, progress: progressed ? progressOf(response) : null, position };
}

function progressOf(response: LiveResponse): ResponseProgress | null {
  if (response.servedBy === null) return null;
  return {
    id: response.id,
    servedBy: response.servedBy,
    attempts: JSON.stringify(response.attempts),
    parts: JSON.stringify(response.parts),
    firstTokenMs: response.firstTokenMs,
  };
}

/** SQLSTATE classes 22 and 23: the data is refused; trying again would not help. */
function isRefusal(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' && /^2[23]/.test(code);
}
