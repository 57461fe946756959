import type { ResponseFieldsFragment } from '../../graphql/generated/graphql.ts';

/** A lane's answers, oldest first. They were asked for one after the other, and the member may go back to each. */
export type Versions = [ResponseFieldsFragment, ...ResponseFieldsFragment[]];

/** The lanes of a turn, in order. An answer that another one continues is part of that one, and no version of its own. */
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

/** The version that a lane shows, and that later prompts are sent with: the one that was made or chosen last. */
export function shownOf(versions: Versions): ResponseFieldsFragment {
  return versions.reduce((shown, version) => (shownSince(version) >= shownSince(shown) ? version : shown));
}

/** The moment since which a lane shows this version, as RFC 3339 in UTC. */
export function shownSince({ chosenAt, createdAt }: Pick<ResponseFieldsFragment, 'chosenAt' | 'createdAt'>): string {
  return chosenAt ?? createdAt;
}

/**
 * The latest time since which one of these answers is shown, by the server's clock: an answer that is put behind them with
 * this time is shown in its place.
 */
export function afterAll(responses: readonly ResponseFieldsFragment[]): string {
  return responses.map(shownSince).sort().at(-1) ?? new Date().toISOString();
}

/** The response that this one continues, then the one which that continues, and so on. */
export function continuedBy(
  response: ResponseFieldsFragment,
  responses: readonly ResponseFieldsFragment[],
): ResponseFieldsFragment[] {
  const before = responses.find(({ id }) => id === response.continues?.id);
  return before ? [before, ...continuedBy(before, responses)] : [];
}
