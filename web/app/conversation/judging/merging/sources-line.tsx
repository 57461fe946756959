import type { MergeMode, ResponseFieldsFragment, TurnFieldsFragment } from '../../../graphql/generated/graphql.ts';

const words: Record<MergeMode, string> = { COMBINE: 'Combines', COMPARE: 'Compares', JUDGE: 'Judges' };

interface SourcesLineProps {
  turn: Pick<TurnFieldsFragment, 'responses'>;
  response: ResponseFieldsFragment;
}

/** What a merge was made from: its text calls its sources by these letters. */
export function SourcesLine({ turn, response: { mergeMode, mergedFrom } }: SourcesLineProps) {
  if (!mergeMode) return null;
  const names = mergedFrom.map(({ id }) => turn.responses.find((one) => one.id === id)?.model.name ?? 'an answer');
  return (
    <p className="text-sm text-muted-foreground">
      {words[mergeMode]}{' '}
      {names.map((name, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the order never changes
        <span key={index}>
          {index > 0 ? ' · ' : null}
          <span className="font-medium text-foreground">{String.fromCharCode(65 + index)}</span> {name}
        </span>
      ))}
    </p>
  );
}
