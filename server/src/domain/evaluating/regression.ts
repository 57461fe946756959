/** What is known of a model's answers to one prompt in one evaluation. */
export interface PromptResult {
  prompt: string;
  modelId: string;
  answers: number;
  completed: number;
  /** Credits of an answer, on average; null: there is none, or it is not to be known yet. */
  credits: number | null;
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

/** The results of an earlier evaluation, with which later ones are compared. */
export class EarlierResults {
  readonly #results = new Map<string, Map<string, PromptResult>>();

  add(results: readonly PromptResult[]): void {
    for (const result of results) {
      const ofPrompt = this.#results.get(result.prompt) ?? new Map<string, PromptResult>();
      this.#results.set(result.prompt, ofPrompt.set(result.modelId, result));
    }
  }

  /**
   * What became worse, by prompt and model: more failures, comparisons lost that were won, a higher price, or another
   * length. Prompts and models that only one of the evaluations has are left out.
   */
  regressionsOf(now: readonly PromptResult[]): Regression[] {
    return now.flatMap((result) => {
      const last = this.#results.get(result.prompt)?.get(result.modelId);
      return last ? changesOf(last, result) : [];
    });
  }
}

const kindsByWeight: readonly RegressionKind[] = ['FAILURES', 'WINS', 'PRICE', 'LENGTH'];

/** Failures before lost comparisons, these before prices and lengths; of each kind the largest change first. */
export function worstFirst(regressions: readonly Regression[]): Regression[] {
  return [...regressions].sort(
    (one, other) =>
      kindsByWeight.indexOf(one.kind) - kindsByWeight.indexOf(other.kind) || changeOf(other) - changeOf(one),
  );
}

/** How large a change is, among those of its kind: shares differ, prices and lengths multiply. */
function changeOf({ kind, before, now }: Regression): number {
  return kind === 'FAILURES' || kind === 'WINS' ? Math.abs(now - before) : Math.abs(Math.log(now / before));
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
  if (last.credits && now.completed > 0 && now.credits !== null && now.credits > NOTABLE * last.credits) {
    tell('PRICE', last.credits, now.credits);
  }
  if (last.characters && now.characters) {
    const ratio = now.characters / last.characters;
    if (ratio > NOTABLE || ratio < 1 / NOTABLE) tell('LENGTH', last.characters, now.characters);
  }
  return changes;
}
