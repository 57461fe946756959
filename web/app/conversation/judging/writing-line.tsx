import { judging as texts } from 'texts:chat';
import { useState } from 'react';
import type { TurnFieldsFragment } from '../../graphql/generated/graphql.ts';
import { useAlive } from '../../ui/browser/alive.ts';
import { Switch } from '../../ui/switch.tsx';
import { useTurnActions } from '../turns/actions.ts';
import { isPending } from '../turns/pending.ts';

/** What is said of a blind turn while its answers are written: they come at one pace, unless the member wants otherwise. */
export function WritingLine({ turn }: { turn: Pick<TurnFieldsFragment, 'id' | 'unpaced' | 'withMerge'> }) {
  const { unpace } = useTurnActions();
  const alive = useAlive();
  const [unpaced, setUnpaced] = useState(turn.unpaced);
  return (
    <div className="flex flex-1 flex-wrap items-center gap-x-4 gap-y-1">
      <p className="min-w-0 flex-1 basis-72 text-muted-foreground">{writingWords(turn.withMerge, unpaced)}</p>
      {alive && !isPending(turn.id) ? (
        <span className="flex items-center gap-2 max-md:min-h-[44px]">
          <Switch
            aria-label={texts.showAsTheyComeMarked}
            checked={unpaced}
            aria-disabled={unpaced}
            onCheckedChange={(on) => {
              // What has been seen cannot be taken back.
              if (!on) return;
              setUnpaced(true);
              unpace(turn.id);
            }}
          />
          <span aria-hidden="true">{texts.showAsTheyCome}</span>
        </span>
      ) : null}
    </div>
  );
}

function writingWords(withMerge: boolean, unpaced: boolean): string {
  if (unpaced) return texts.shownAsTheyCome;
  return withMerge ? texts.onePaceMerge : texts.onePace;
}
