import { useMemo } from 'react';
import { useAlive } from '../../ui/browser/alive.ts';
import { isLive } from '../following/response-stream.ts';
import { useCurrent } from '../following/turn-streams.ts';
import { shownOf, type Versions } from '../turns/versions.ts';
import { CompareWords } from './compare-words.tsx';

/** The row under a turn's answers, once all of them have ended. */
export function JudgingRow({ lanes }: { lanes: readonly Versions[] }) {
  const snapshots = useMemo(() => lanes.map(shownOf), [lanes]);
  const shown = useCurrent(snapshots);
  const alive = useAlive();
  if (!alive || shown.some(({ status }) => isLive(status))) return null;
  return (
    <div className="turn-row judging-row">
      <CompareWords shown={shown} />
    </div>
  );
}
