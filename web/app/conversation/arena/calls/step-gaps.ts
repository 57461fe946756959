/**
 * The room above each step that lets the steps of one number begin at one height.
 *
 * @param lanes for each lane how far below its top each of its steps would begin without any room, in pixels, in their order
 * @returns the room above each of these steps, in pixels
 */
export function stepGaps(lanes: readonly (readonly number[])[]): number[][] {
  const moved = lanes.map(() => 0);
  const gaps: number[][] = lanes.map(() => []);
  const most = Math.max(0, ...lanes.map((steps) => steps.length));
  for (let step = 0; step < most; step++) {
    const begins = lanes.map((steps, lane) => {
      const place = steps[step];
      return place === undefined ? null : place + (moved[lane] ?? 0);
    });
    const lowest = Math.max(...begins.filter((place) => place !== null));
    for (const [lane, place] of begins.entries()) {
      if (place === null) continue;
      gaps[lane]?.push(lowest - place);
      moved[lane] = (moved[lane] ?? 0) + lowest - place;
    }
  }
  return gaps;
}
