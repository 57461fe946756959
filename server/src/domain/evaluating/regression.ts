/** What is known of a model's answers to one prompt in one evaluation. */
export interface PromptResult {
  prompt: string;
  modelId: string;
  answers: number;
  completed: number;
  /** Credits of an answer, on average. */
  credits: number;
  /** Characters of a completed answer, on average; null: there is none. */
  characters: number | null;
  /** The share of its comparisons that it won, ties as half; null: it was not compared. */
  wins: number | null;
}

export type RegressionKind = 'FAILURES' | 'WINS' | 'PRICE' | 'LENGTH';

export interface Regression {
  kind: RegressionKind;
  prompt: string;
  modelId: string;
  before: number;
  now: number;
}

/** A third more, or a third less: what varies from answer to answer anyway is not told. */
const NOTABLE = 4 / 3;
const NOTABLE_WINS = 0.5;

/**
 * What became worse since an earlier evaluation, by prompt and model: more failures, comparisons lost that were won, a
 * higher price, or another length. Prompts and models that only one of them has are left out.
 */
export function regressionsOf(before: readonly PromptResult[], now: readonly PromptResult[]): Regression[] {
  const earlier = new Map(before.map((result) => [keyOf(result), result]));
  return now.flatMap((result) => {
    const last = earlier.get(keyOf(result));
    return last ? changesOf(last, result) : [];
  });
}

function keyOf({ prompt, modelId }: PromptResult): string {
  return `${modelId}\n${prompt}`;
}

function changesOf(last: PromptResult, now: PromptResult): Regression[] {
  const { prompt, modelId } = now;
  const changes: Regression[] = [];
  const tell = (kind: RegressionKind, before: number, after: number) =>
    changes.push({ kind, prompt, modelId, before, now: after });
  const failed = ({ answers, completed }: PromptResult) => (answers - completed) / answers;
  if (last.answers > 0 && now.answers > 0 && failed(now) > failed(last)) tell('FAILURES', failed(last), failed(now));
  if (now.wins !== null && last.wins !== null && last.wins - now.wins >= NOTABLE_WINS)
    tell('WINS', last.wins, now.wins);
  if (last.credits > 0 && now.completed > 0 && now.credits > NOTABLE * last.credits) {
    tell('PRICE', last.credits, now.credits);
  }
  if (last.characters && now.characters) {
    const ratio = now.characters / last.characters;
    if (ratio > NOTABLE || ratio < 1 / NOTABLE) tell('LENGTH', last.characters, now.characters);
  }
  return changes;
}
