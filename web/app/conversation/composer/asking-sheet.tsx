import { asking as texts } from 'texts:chat';
import { ChevronDown, EyeOff, Merge, SlidersHorizontal, UsersRound } from 'lucide-react';
import type { ReactNode } from 'react';
import { usePayers } from '../../frame/payers.tsx';
import type { ModelChoiceFragment } from '../../graphql/generated/graphql.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog, DialogClose, DialogContent, DialogTitle, DialogTrigger } from '../../ui/dialog.tsx';
import { ProviderMark } from '../../ui/provider-mark.tsx';
import { type Asking, blindLanesOf } from '../turns/asking.ts';
import { isChanged } from './parameters-form.tsx';

interface AskingSheetProps {
  asking: Asking;
  models: readonly ModelChoiceFragment[];
  /** What chooses models, blind and merge, and the payer. */
  choices: ReactNode;
  /** What sets the parameters. */
  parameters: ReactNode;
}

/** On a phone: one button that says what is asked, and a sheet with everything that decides it. */
export function AskingSheet({ asking, models, choices, parameters }: AskingSheetProps) {
  return (
    <Dialog>
      <DialogTrigger asChild>
        <button
          type="button"
          aria-label={texts.chooseAsked({ asked: wordsOf(asking, models) })}
          className="flex h-[44px] min-w-0 items-center gap-1.5 rounded-full border px-3 text-sm hover:bg-hover md:hidden [&_svg]:size-4 [&_svg]:shrink-0"
        >
          <Signs asking={asking} models={models} />
          <span className="truncate">{wordsOf(asking, models)}</span>
          <ChevronDown className="text-muted-foreground" aria-hidden="true" />
        </button>
      </DialogTrigger>
      <DialogContent place="bottom" aria-describedby={undefined} className="asking-sheet md:hidden">
        <div className="flex items-center justify-between gap-4 border-b py-2 pe-2 ps-4">
          <DialogTitle className="pe-0">{texts.whatIsAsked}</DialogTitle>
          <DialogClose asChild>
            <Button variant="ghost" className="text-primary hover:text-primary">
              {texts.done}
            </Button>
          </DialogClose>
        </div>
        <div className="flex min-h-0 flex-col gap-6 overflow-y-auto px-4 pt-4 pb-[max(16px,env(safe-area-inset-bottom))]">
          <section className="flex flex-wrap items-center gap-2" aria-label={texts.models}>
            {choices}
          </section>
          <section aria-label={texts.parameters}>{parameters}</section>
        </div>
      </DialogContent>
    </Dialog>
  );
}

function wordsOf(asking: Asking, models: readonly ModelChoiceFragment[]): string {
  const count = asking.blind ? blindLanesOf(asking) : asking.modelIds.length;
  if (asking.blind) return texts.blindModels({ count });
  if (count === 0) return texts.chooseModels;
  const [only] = asking.modelIds;
  const name = count === 1 ? models.find(({ id }) => id === only)?.name : undefined;
  return name ?? texts.modelCount({ count });
}

/** What else decides the prompt, as signs. */
function Signs({ asking, models }: Pick<AskingSheetProps, 'asking' | 'models'>) {
  const { viewerId } = usePayers();
  const [only] = asking.modelIds;
  const paidByTeam = asking.payerId !== undefined && asking.payerId !== viewerId;
  return (
    <>
      {asking.blind ? <EyeOff aria-hidden="true" /> : null}
      {!asking.blind && asking.modelIds.length === 1 ? (
        <ProviderMark providerId={models.find(({ id }) => id === only)?.provider.id ?? ''} />
      ) : null}
      {asking.merge ? <Merge className="text-primary" aria-label={texts.merged} /> : null}
      {isChanged(asking) ? (
        <SlidersHorizontal className="text-primary" aria-label={texts.parametersAreChanged} />
      ) : null}
      {paidByTeam ? <UsersRound className="text-primary" aria-label={texts.teamPays} /> : null}
    </>
  );
}
