import { useMemo } from 'react';
import type { ResponseFieldsFragment } from '../../../graphql/generated/graphql.ts';
import { useCurrent } from '../../following/turn-streams.ts';

/** A response as it is now. Only a change of its status or of its model renders again, and no text that arrives. */
export function useShownStatus(snapshot: ResponseFieldsFragment): ResponseFieldsFragment {
  const snapshots = useMemo(() => [snapshot], [snapshot]);
  return useCurrent(snapshots)[0] ?? snapshot;
}
