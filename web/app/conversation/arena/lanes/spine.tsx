import { lanes as texts } from 'texts:chat';
import type { ResponseFieldsFragment } from '../../../graphql/generated/graphql.ts';
import { classes } from '../../../ui/classes.ts';
import { ProviderMark } from '../../../ui/provider-mark.tsx';
import { isStandIn, nameOf } from '../../following/hidden.ts';
import { statusSigns } from '../status-signs.ts';
import { useShownStatus } from './use-shown-status.ts';

interface SpineProps {
  snapshot: ResponseFieldsFragment;
  onOpen: () => void;
}

/** A folded lane: its state and its name, turned. A click opens it. */
export function Spine({ snapshot, onOpen }: SpineProps) {
  const { model, status } = useShownStatus(snapshot);
  const { sign, word, tone } = statusSigns[status];
  return (
    <button
      type="button"
      data-lane-control
      aria-label={texts.open({ name: nameOf(model), state: word })}
      onClick={onOpen}
      className="spine sticky top-0 flex h-64 max-h-full w-full flex-col items-center gap-2 self-start rounded-lg border bg-card py-3 text-sm text-muted-foreground hover:bg-hover hover:text-foreground"
    >
      <span aria-hidden="true" className={classes('leading-none', tone)}>
        {sign}
      </span>
      <span aria-hidden="true" className="flex min-h-0 items-center gap-2 font-medium [writing-mode:vertical-rl]">
        {isStandIn(model) ? null : <ProviderMark providerId={model.provider.id} />}
        <span className="max-h-48 truncate">{nameOf(model)}</span>
      </span>
    </button>
  );
}
