import type { MergeMode, ResponseFieldsFragment, TurnFieldsFragment } from '../../../graphql/generated/graphql.ts';
import { letterOf } from '../../following/hidden.ts';

const words: Record<MergeMode, string> = { COMBINE: 'Merged from', COMPARE: 'Compares', JUDGE: 'Judges' };

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
    return { letter: letterOf(ofLane ? source.lane : index), name: source?.model.name ?? 'an answer' };
  });
  return (
    <p className="text-sm text-muted-foreground">
      {words[mergeMode]}{' '}
      {sources.map(({ letter, name }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the order never changes
        <span key={index}>
          {index > 0 ? ' · ' : null}
          <span className="font-medium text-foreground">{letter}</span> {name}
        </span>
      ))}
    </p>
  );
}
