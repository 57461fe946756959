import { words as texts } from 'texts:leaderboard';
import { figuresLocale } from '../languages/locale.ts';
import { formatPercent } from '../ui/figures.ts';
import { type Board, nameOf } from './board.ts';
import type { BoardView } from './board-view.ts';

/** What a board tells, in a sentence or two. */
export function toldBy(board: Board, { source }: Pick<BoardView, 'source'>): string {
  const { state, verdicts, allBad, judges, judgesMissing, moreVerdicts, openPair, rows } = board;
  if (state === 'NO_VERDICTS') return allBad > 0 ? texts.noneBest : texts.noVerdicts;
  if (state === 'TOO_FEW_JUDGES') return texts.tooFewJudges({ judges, verdicts, missing: judgesMissing });
  const best = rows.find(({ rating }) => rating !== null);
  if (state === 'DECIDED' && best) return texts.best({ model: nameOf(best) });
  if (!openPair) return texts.onlyOne;
  const a = nameOf({ model: openPair.a, merged: openPair.aMerged });
  const b = nameOf({ model: openPair.b, merged: openPair.bMerged });
  if (moreVerdicts === null) return texts.cannotTell({ a, b });
  const more = { a, b, more: moreVerdicts };
  return source === 'MEMBERS' ? texts.moreByMembers(more) : texts.moreOnPrompts(more);
}

/** How many verdicts a board counts, and which it does not. */
export function countsOf({ verdicts, allBad, judges, leftOut, cut }: Board, { source }: BoardView): string {
  const out = [
    leftOut.open > 0 && texts.knewModels({ count: leftOut.open }),
    leftOut.named > 0 && texts.readName({ count: leftOut.named }),
    leftOut.unpaced > 0 && texts.sawSpeeds({ count: leftOut.unpaced }),
  ].filter((reason) => reason !== false);
  return [
    source === 'MEMBERS' ? texts.byMembers({ verdicts, judges }) : texts.byModels({ verdicts, judges }),
    allBad > 0 && texts.allBad({ count: allBad }),
    out.length > 0 && texts.leftOut({ reasons: reasons.format(out) }),
    cut && texts.cut,
  ]
    .filter(Boolean)
    .join(' ');
}

const reasons = new Intl.ListFormat(figuresLocale, { type: 'unit' });

/** What must be known about the board before it is believed. */
export function warningOf({ groups, share, message }: Board['warnings'][number], { source }: BoardView): string {
  if (groups) return texts.notConnected({ groups: groups.map((names) => names.join(', ')).join(' | ') });
  if (share === null) return message;
  return (source === 'MEMBERS' ? texts.mostlyOneMember : texts.mostlyOneModel)({ share: formatPercent(share) });
}
