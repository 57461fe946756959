import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { ask, followDocument, Reading, storedResponses } from '../api/asking.ts';
import type { Client } from '../setup/app.ts';

/** Figures of a crowd's run. */
export interface CrowdFigures {
  prompts: number;
  /** The number of responses by their final status. */
  statuses: Record<string, number>;
  fallbacks: number;
  deltas: number;
  /** The number of connections that were cut and resumed. */
  cuts: number;
  stops: number;
  deletions: number;
}

/** Runs `size` members at once, each sending prompts until `deadline` (in performance.now() time). */
export async function runCrowd(
  members: readonly Client[],
  { size, modelIds, deadline }: { size: number; modelIds: readonly string[]; deadline: number },
): Promise<CrowdFigures> {
  const figures: CrowdFigures = { prompts: 0, statuses: {}, fallbacks: 0, deltas: 0, cuts: 0, stops: 0, deletions: 0 };
  const visits = Array.from({ length: size }, async (_, index) => {
    const member = members[index % members.length] as Client;
    await delay(Math.random() * 2000);
    while (performance.now() < deadline) await visit(member, figures, modelIds);
  });
  await Promise.all(visits);
  return figures;
}

/**
 * Sends one prompt and follows it over connections that come and go. Some answers are stopped or deleted before their
 * end.
 */
async function visit(member: Client, figures: CrowdFigures, modelIds: readonly string[]): Promise<void> {
  const { turn, conversation } = await ask(member, { prompt: 'Tell me more', modelIds: [...modelIds] });
  figures.prompts += 1;
  const whim = Math.random();
  const reading = new Reading();
  for (let ended = false; !ended; ) {
    const patience = Math.random() < 0.3 ? Math.ceil(Math.random() * 60) : Number.POSITIVE_INFINITY;
    ended = await followFor(member, turn.id, reading, patience);
    if (ended) break;
    figures.cuts += 1;
    if (whim < 0.25) {
      figures.stops += 1;
      await member.gql('mutation ($id: ID!) { stopResponses(turnId: $id) { id } }', { id: turn.id });
    } else if (whim < 0.35) {
      figures.deletions += 1;
      await member.gql('mutation ($id: ID!) { deleteConversation(id: $id) }', { id: conversation.id });
      return;
    }
    await delay(Math.random() * 300);
  }
  figures.deltas += reading.events.filter(({ __typename }) => __typename === 'TextDelta').length;
  figures.fallbacks += reading.events.filter(({ __typename }) => __typename === 'ResponseFellBack').length;
  const stored = await storedResponses(member, turn.id);
  expect(stored).toHaveLength(modelIds.length);
  for (const { id, text, status, finishedAt } of stored) {
    figures.statuses[status] = (figures.statuses[status] ?? 0) + 1;
    expect(finishedAt).not.toBeNull();
    expect(reading.texts.get(id)?.text).toBe(text);
    expect(reading.finished.has(id)).toBe(true);
  }
}

/** @returns whether the stream ended before the patience did */
async function followFor(member: Client, turnId: string, reading: Reading, patience: number): Promise<boolean> {
  const { resume } = reading;
  const subscription = member.subscribe(Math.random() < 0.5 ? 'ws' : 'sse', followDocument, { turnId, resume });
  let left = patience;
  try {
    for await (const { data, errors } of subscription) {
      expect(errors).toBeUndefined();
      reading.take(data.streamResponse);
      if (--left > 0) continue;
      subscription.cut();
      return false;
    }
  } catch (error) {
    if (left > 0) throw error;
    return false;
  }
  return true;
}
