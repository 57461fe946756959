import { models as texts } from 'texts:chat';
import { Check, ChevronDown, Shuffle } from 'lucide-react';
import { classes } from '../../../ui/classes.ts';
import { Menu, MenuContent, MenuLabel, MenuRadioGroup, MenuRadioItem, MenuTrigger } from '../../../ui/menu.tsx';

interface DrawnProps {
  /** How many models are drawn; null: the same go on. */
  count: number | null;
  /** How many can be drawn; empty: there is no choice. */
  counts: readonly number[];
  /** Whether the same merge goes on with the same models. */
  merged: boolean;
  onCount: (count: number) => void;
}

const chip = 'flex h-7 items-center gap-1.5 rounded-md border border-dashed bg-muted px-2 text-sm [&_svg]:size-3.5';

/** Stands in the place of the models that the server draws, and takes how many these are. */
export function Drawn({ count, counts, merged, onCount }: DrawnProps) {
  const same = merged ? texts.sameWithMergeSecret : texts.sameSecret;
  const words = count === null ? same : texts.drawn({ count });
  if (count === null || counts.length === 0) {
    return (
      <span className={chip}>
        <Shuffle className="text-muted-foreground" aria-hidden="true" />
        {words}
      </span>
    );
  }
  return (
    <Menu>
      <MenuTrigger asChild>
        <button
          type="button"
          aria-label={texts.chooseHowMany({ drawn: words })}
          className={classes(chip, 'hover:bg-hover data-[state=open]:bg-hover')}
        >
          <Shuffle className="text-muted-foreground" aria-hidden="true" />
          {words}
          <ChevronDown className="text-muted-foreground" aria-hidden="true" />
        </button>
      </MenuTrigger>
      <MenuContent side="top" align="start" className="w-44">
        <MenuLabel>{texts.howManyDrawn}</MenuLabel>
        <MenuRadioGroup value={String(count)} onValueChange={(value) => onCount(Number(value))}>
          {counts.map((each) => (
            <MenuRadioItem key={each} value={String(each)}>
              <span className="flex-1">{texts.modelCount({ count: each })}</span>
              <span className="grid w-4 place-items-center">
                {each === count ? <Check aria-hidden="true" /> : null}
              </span>
            </MenuRadioItem>
          ))}
        </MenuRadioGroup>
      </MenuContent>
    </Menu>
  );
}
