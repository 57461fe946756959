import type { ResponseFieldsFragment } from '../../graphql/generated/graphql.ts';

/** A lane's answers, oldest first: those that were asked for one after the other, and may be gone back to. */
export type Versions = [ResponseFieldsFragment, ...ResponseFieldsFragment[]];

/** The lanes of a turn, in order. What another answer goes on with is in that one, and no version of its own. */
export function byLane(responses: readonly ResponseFieldsFragment[]): Versions[] {
  const continued = new Set(responses.map((response) => response.continues?.id));
  const lanes = new Map<number, Versions>();
  for (const response of responses) {
    if (continued.has(response.id)) continue;
    const versions = lanes.get(response.lane);
    if (versions) versions.push(response);
    else lanes.set(response.lane, [response]);
  }
  return [...lanes.values()]
    .map((versions) => versions.sort((a, b) => a.createdAt.localeCompare(b.createdAt)))
    .sort((a, b) => a[0].lane - b[0].lane);
}

/** The version that its lane shows, and later prompts are sent: the one that was made or chosen last. */
export function shownOf(versions: Versions): ResponseFieldsFragment {
  return versions.reduce((shown, version) => (shownSince(version) >= shownSince(shown) ? version : shown));
}

/** RFC 3339, in UTC. */
export function shownSince({ chosenAt, createdAt }: Pick<ResponseFieldsFragment, 'chosenAt' | 'createdAt'>): string {
  return chosenAt ?? createdAt;
}

/** By the server's clock, as those of the answers are: not earlier than any of them, which may be shown since. */
export function afterAll(responses: readonly ResponseFieldsFragment[]): string {
  return responses.map(shownSince).sort().at(-1) ?? new Date().toISOString();
}

/** What a response goes on with, and what that did: the latest first. */
export function continuedBy(
  response: ResponseFieldsFragment,
  responses: readonly ResponseFieldsFragment[],
): ResponseFieldsFragment[] {
  const before = responses.find(({ id }) => id === response.continues?.id);
  return before ? [before, ...continuedBy(before, responses)] : [];
}
