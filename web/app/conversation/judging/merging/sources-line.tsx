import { judging as texts } from 'texts:chat';
import type { MergeMode, ResponseFieldsFragment, TurnFieldsFragment } from '../../../graphql/generated/graphql.ts';
import { sentence } from '../../../languages/sentence.tsx';
import { letterOf, nameOf } from '../../following/hidden.ts';

const words = {
  COMBINE: texts.mergedFrom,
  COMPARE: texts.compares,
  JUDGE: texts.judges,
} satisfies Record<MergeMode, unknown>;

interface SourcesLineProps {
  turn: Pick<TurnFieldsFragment, 'responses' | 'blind'>;
  response: ResponseFieldsFragment;
}

/**
 * What a merge was made from. What compares or judges calls its sources by letters, in the order in which it read them; what
 * combines does not name them, so that in a blind turn they keep their lanes' letters.
 */
export function SourcesLine({ turn, response: { mergeMode, mergedFrom } }: SourcesLineProps) {
  if (!mergeMode) return null;
  const sources = mergedFrom.map(({ id }, index) => {
    const source = turn.responses.find((one) => one.id === id);
    const ofLane = turn.blind && mergeMode === 'COMBINE' && source;
    return { letter: letterOf(ofLane ? source.lane : index), name: source ? nameOf(source.model) : texts.someAnswer };
  });
  return (
    <p className="text-sm text-muted-foreground">
      {sentence(words[mergeMode], {
        sources: sources.map(({ letter, name }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the order never changes
          <span key={index}>
            {index > 0 ? ' · ' : null}
            <span className="font-medium text-foreground">{letter}</span> {name}
          </span>
        )),
      })}
    </p>
  );
}
