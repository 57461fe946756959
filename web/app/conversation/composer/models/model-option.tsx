import { models as texts } from 'texts:chat';
import { Check, Lock, Star } from 'lucide-react';
import type { ModelChoiceFragment } from '../../../graphql/generated/graphql.ts';
import { accessWords } from '../../../graphql/refusal.ts';
import { classes } from '../../../ui/classes.ts';
import { formatShort } from '../../../ui/figures.ts';
import { ProviderMark } from '../../../ui/provider-mark.tsx';
import { isChoosable } from '../../turns/asking.ts';

/** A model in the picker, with the reason if it cannot be asked. */
export function ModelOption({
  id,
  model,
  count,
  active,
  full,
  favourite,
  onToggle,
  onAgain,
  onFavourite,
}: {
  id: string;
  model: ModelChoiceFragment;
  count: number;
  active: boolean;
  full: boolean;
  favourite: boolean;
  onToggle: () => void;
  onAgain: () => void;
  onFavourite: () => void;
}) {
  const locked = !isChoosable(model) && count === 0;
  return (
    // biome-ignore lint/a11y/useFocusableInteractive lint/a11y/useKeyWithClickEvents: the search field holds the focus and the keys
    <div
      id={id}
      role="option"
      aria-selected={count > 0}
      aria-disabled={locked || (full && count === 0)}
      onClick={onToggle}
      className={classes(
        'group flex min-h-9 max-md:min-h-[44px] items-center gap-2 rounded-sm px-2 py-1 hover:bg-hover',
        active && 'bg-hover',
        locked && 'cursor-not-allowed',
      )}
    >
      <ProviderMark providerId={model.provider.id} className={locked ? 'opacity-50' : ''} />
      <span className="min-w-0 flex-1">
        <span className={classes('block truncate', locked && 'text-muted-foreground')}>{model.name}</span>
        {locked || !model.access.allowed ? (
          <span className={classes('block text-xs', locked ? 'text-muted-foreground' : 'text-warning')}>
            {accessWords(model)}
          </span>
        ) : null}
      </span>
      {count > 0 && !full ? (
        <span
          // An option holds no button: the search field's keys do the same.
          aria-hidden="true"
          className={classes(
            'cursor-pointer rounded-sm px-1.5 text-xs whitespace-nowrap text-muted-foreground group-hover:block hover:text-foreground pointer-coarse:block',
            active ? 'block' : 'hidden',
          )}
          title={texts.askTwiceKeys}
          onClick={(event) => {
            event.stopPropagation();
            onAgain();
          }}
        >
          {texts.askTwice}
        </span>
      ) : null}
      {favourite ? <span className="sr-only">{texts.aFavourite}</span> : null}
      <span
        aria-hidden="true"
        title={favourite ? texts.unmarkFavourite : texts.markFavourite}
        data-favourite={favourite}
        className={classes(
          'grid size-6 shrink-0 cursor-pointer place-items-center rounded-sm hover:text-foreground pointer-coarse:visible',
          favourite ? 'text-primary' : 'text-muted-foreground group-hover:visible',
          favourite || active ? 'visible' : 'invisible',
        )}
        onClick={(event) => {
          event.stopPropagation();
          onFavourite();
        }}
      >
        <Star className="size-3.5" fill={favourite ? 'currentColor' : 'none'} />
      </span>
      <span className="figures text-xs text-muted-foreground" title={texts.pricesMeaning}>
        {formatShort(model.inputPrice)} / {formatShort(model.outputPrice)}
      </span>
      <span className="grid w-5 place-items-center text-primary">
        {locked ? <Lock className="size-3.5 text-muted-foreground" aria-hidden="true" /> : null}
        {count === 1 ? <Check className="size-4" aria-hidden="true" /> : null}
        {count > 1 ? <span className="figures text-sm font-medium">×{count}</span> : null}
      </span>
    </div>
  );
}
