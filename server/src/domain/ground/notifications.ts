import type { Logger } from 'pino';
import type { OpenDatabase } from '../../database/connection/open.ts';
import { notifyStatement } from '../../database/connection/postgres-listener.ts';
import { execute, type Statement } from '../../database/connection/statement.ts';

type Subscriber = (elsewhere: boolean) => void;

/**
 * Tells that something changed, in this process and, on Postgres, in every other one. Only a topic travels; the change
 * itself is read from the database or from memory.
 *
 * A notification may come twice or, from another process, be lost. So all subscribers are woken from time to time while
 * notifications do not arrive, and once when they do again. Subscribers that cannot wait that long also poll: seldom
 * while notifications are `proven` to arrive, often otherwise.
 */
export interface Notifications {
  publish(topics: readonly string[]): void;
  /**
   * The statement that tells other processes what a transaction changes. It is sent within the transaction, so that
   * they hear of it exactly if it is committed, and without a commit of its own. Undefined if there are no other
   * processes; tell this one with `wake`.
   */
  announcementStatement(topics: readonly string[]): Statement | undefined;
  /** Tells this process only. */
  wake(topics: readonly string[]): void;
  /**
   * @param wake called synchronously; must be a function of the subscriber's own and must not throw. `elsewhere`:
   * another process made the change, or may have
   * @returns a function that ends the subscription
   */
  subscribe(topic: string, wake: Subscriber): () => void;
  /**
   * Whether the last probe came back: a pooler in transaction mode silently drops LISTEN. Always true if there is no
   * other process to hear of.
   */
  readonly proven: boolean;
  close(): Promise<void>;
}

export const turnTopic = (turnId: string) => `turn:${turnId}`;
/** The models of a blind turn are shown from now on. */
export const revealTopic = (turnId: string) => `reveal:${turnId}`;
export const accountTopic = (creditAccountId: string) => `account:${creditAccountId}`;
/** Requests to stop responses of this process. */
export const stopTopic = (owner: string) => `stop:${owner}`;
/** The member's word on calls of tools that wait for it. */
export const callTopic = (responseId: string) => `calls:${responseId}`;
/** A setting of the whole house has changed. */
export const houseTopic = 'house';
/** Changes of the titles of a member's conversations. */
export const titlesTopic = (userId: string) => `titles:${userId}`;
/** Changes of a member's session, role or suspension. */
export const memberTopic = (userId: string) => `member:${userId}`;
/** Changes of the tools that models may call. */
export const toolsTopic = 'tools';
/** Changes that admins make of the catalogue. */
export const catalogueTopic = 'catalogue';

const CHANNEL = 'polylogue';
/** Postgres accepts payloads of less than 8000 bytes. */
const PAYLOAD_LENGTH_MAX = 7000;

export async function createNotifications(options: {
  database: OpenDatabase;
  /** This process's name, by which it recognises notifications that it sent itself. */
  owner: string;
  log: Logger;
  probeIntervalMs?: number;
}): Promise<Notifications> {
  const { database, owner, log, probeIntervalMs = 10_000 } = options;
  const subscribers = new Map<string, readonly Subscriber[]>();
  const shared = database.kind === 'postgres';
  let waiting = new Set<string>();
  let sending: Promise<void> | null = null;
  let probe = { sent: 0, received: 0 };

  function wake(topics: readonly string[], elsewhere: boolean) {
    for (const topic of topics) for (const subscriber of subscribers.get(topic) ?? []) subscriber(elsewhere);
  }

  function receive(payload: string) {
    const [sender, ...topics] = payload.split(' ');
    if (sender !== owner) return wake(topics, true);
    // The probe comes after the topics that waited to be sent with it.
    const received = topics.find((topic) => topic.startsWith('probe:'))?.slice('probe:'.length);
    if (received !== undefined) probe = { ...probe, received: Number(received) };
  }

  /** Wakes all subscribers, since nobody knows what was missed. */
  function onGap() {
    wake([...subscribers.keys()], true);
  }

  async function send() {
    while (waiting.size > 0) {
      const topics = waiting;
      waiting = new Set();
      await execute(database.db, statement(topics)).catch((error) => {
        log.debug({ err: error }, 'A notification was not sent; other processes find out by polling.');
      });
    }
    sending = null;
  }

  const statement = (topics: Iterable<string>) =>
    notifyStatement({ channel: CHANNEL, payloads: payloads(owner, topics) });

  function publish(topics: readonly string[]) {
    wake(topics, false);
    if (!shared) return;
    for (const topic of topics) waiting.add(topic);
    sending ??= send();
  }

  function sendProbe() {
    if (probe.sent > 0 && probe.received !== probe.sent) {
      log.debug('Notifications do not arrive; polling instead.');
      // Subscribers that do not poll look now.
      wake([...subscribers.keys()], false);
    }
    probe = { sent: probe.sent + 1, received: probe.received };
    waiting.add(`probe:${probe.sent}`);
    sending ??= send();
  }

  const stopListening = shared ? await database.listen(CHANNEL, receive, onGap) : async () => {};
  const timer = shared ? setInterval(sendProbe, probeIntervalMs) : undefined;
  if (shared) sendProbe();

  return {
    publish,
    announcementStatement: (topics) => (shared ? statement(new Set(topics)) : undefined),
    wake: (topics) => wake(topics, false),
    subscribe(topic, subscriber) {
      subscribers.set(topic, (subscribers.get(topic) ?? []).concat(subscriber));
      return () => {
        const others = subscribers.get(topic)?.filter((other) => other !== subscriber) ?? [];
        if (others.length > 0) subscribers.set(topic, others);
        else subscribers.delete(topic);
      };
    },
    get proven() {
      return !shared || (probe.received > 0 && probe.sent - probe.received <= 1);
    },
    async close() {
      clearInterval(timer);
      await sending;
      await stopListening();
    },
  };
}

function payloads(owner: string, topics: Iterable<string>): string[] {
  const result: string[] = [];
  let payload = owner;
  for (const topic of topics) {
    if (payload.length + topic.length + 1 > PAYLOAD_LENGTH_MAX) {
      result.push(payload);
      payload = owner;
    }
    payload += ` ${topic}`;
  }
  result.push(payload);
  return result;
}
