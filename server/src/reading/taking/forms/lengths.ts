import type { TakenAnswer, TakenTurn } from '../../../ports/conversation-reader.ts';

type Failure = TakenAnswer['failure'];

/** Roughly how long a turn is on its way to the server, in UTF-16 code units: its texts, and what stands around them. */
export function lengthOf({ prompt, files, verdict, answers }: TakenTurn): number {
  const around = 400 + 100 * files.length + (verdict ? 2500 + 300 * verdict.contestants.length : 0);
  return answers.reduce((sum, answer) => sum + lengthOfAnswer(answer), prompt.length + around);
}

function lengthOfAnswer({ parts, citations, attempts, refusal, failure, merge, filesSent }: TakenAnswer): number {
  return (
    500 +
    sumOf(parts, (part) => 50 + (part.kind === 'image' ? 0 : part.text.length)) +
    sumOf(citations, ({ url, title }) => 50 + url.length + (title?.length ?? 0)) +
    sumOf(attempts, (attempt) => 300 + lengthOfFailure(attempt.failure)) +
    (refusal?.length ?? 0) +
    lengthOfFailure(failure) +
    200 * (merge?.sources.length ?? 0) +
    (merge?.instruction?.length ?? 0) +
    10 * (filesSent?.forms.length ?? 0)
  );
}

function lengthOfFailure(failure: Failure): number {
  return failure?.message.length ?? 0;
}

function sumOf<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + of(item), 0);
}
