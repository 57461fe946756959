import type { Kysely } from 'kysely';
import type { Database } from '../../database/database.ts';
import {
  countReaderVerdicts,
  insertReaderVerdict,
  lockShare,
  type ReaderVerdictSumRow,
  sumMembersVerdicts,
  sumReaderVerdicts,
} from '../../database/sharing/reader-verdicts.ts';
import type { ShareRow } from '../../database/sharing/shares.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { InvalidInputError, NotFoundError } from '../ground/errors.ts';
import type { Notifications } from '../ground/notifications.ts';
import { type Ballot, bestOf } from '../judging/ballot.ts';
import { giveVerdict } from '../judging/giving.ts';
import type { ShareReader } from './readers.ts';
import { READER_VERDICTS_MAX, readShared, type SharedConversation, type Sharing } from './shared-conversation.ts';

export interface SharedJudging extends Sharing {
  notifications: Pick<Notifications, 'publish'>;
  catalogue: Catalogue;
}

/** What a reader says of the answers, which they know by letters. */
export interface ReaderBallot {
  kind: Ballot['kind'];
  /** BEST: the one; TIE: those that are equally good, absent: all that are compared; ALL_BAD: absent. */
  bestLetters?: readonly string[] | null | undefined;
}

/**
 * Takes the reader's verdict on the last turn of a share that asks for one, and shows them its models. A member's is a blind
 * verdict like any other, once a turn; those of others are counted with the share only, once a browser and an address.
 *
 * @throws NotFoundError; InvalidInputError if none is asked, or one was given already; RateLimitError
 */
export async function judgeShared(
  judging: SharedJudging,
  key: string,
  { reader, ballot }: { reader: ShareReader; ballot: ReaderBallot },
): Promise<SharedConversation> {
  const shared = await readShared(judging, key, reader);
  if (!shared) throw new NotFoundError('share');
  if (!shared.share.asks_verdict) throw new InvalidInputError('key', 'This share asks for no verdict.');
  if (shared.isOwn) throw new InvalidInputError('key', 'This is your own share, whose models you know.');
  if (!shared.hidden) throw new InvalidInputError('key', 'You have been told the models already.');
  const compared = (shared.turns.at(-1)?.answers ?? []).filter((answer) => answer.compared);
  const idOf = (letter: string) => {
    const answer = compared.find((candidate) => candidate.letter === letter);
    if (!answer) throw new InvalidInputError('bestLetters', 'There is no answer of this letter.');
    return answer.responseId;
  };
  const order = compared.map(({ responseId }) => responseId);
  const given = { kind: ballot.kind, bestResponseIds: ballot.bestLetters?.map(idOf) };
  const { member } = reader;
  if (member) {
    const turnId = shared.share.turn_id;
    const view = { order, blind: true, unpaced: false };
    await giveVerdict(judging, { ...given, ...view, turnId, judge: { userId: member.id } });
  } else {
    await keepReaderVerdict(judging, shared.share, { reader, kind: given.kind, bestIds: bestOf(given, order) });
  }
  const told = await readShared(judging, key, reader);
  if (!told) throw new NotFoundError('share');
  return told;
}

async function keepReaderVerdict(
  { db, readers }: Sharing,
  { id }: ShareRow,
  { reader: { token, address }, kind, bestIds }: { reader: ShareReader; kind: Ballot['kind']; bestIds: string[] },
): Promise<void> {
  if (token === null) {
    throw new InvalidInputError('key', 'Allow cookies of this page, so that your verdict counts once.');
  }
  await db.transaction().execute(async (trx) => {
    if (!(await lockShare(trx, id))) throw new NotFoundError('share');
    if ((await countReaderVerdicts(trx, id)) >= READER_VERDICTS_MAX) return;
    await insertReaderVerdict(trx, {
      share_id: id,
      reader: readers.hashOf(id, 'token', token),
      // An address that is not known is one for all.
      address: readers.hashOf(id, 'address', address ?? ''),
      kind,
      best_ids: [...bestIds].sort(),
    });
  });
}

/** How often readers said what. */
export interface ReaderVerdicts {
  /** How often each answer was said to be the best, by its response's id. */
  best: ReadonlyMap<string, number>;
  ties: number;
  allBad: number;
  count: number;
}

/** The verdicts on a share of members, whose own member is left out, and of people without an account. */
export async function readerVerdictsOf(
  db: Kysely<Database>,
  { id, turn_id: turnId, user_id: ownerId }: ShareRow,
): Promise<{ members: ReaderVerdicts; others: ReaderVerdicts }> {
  return {
    members: toSums(await sumMembersVerdicts(db, { turnId, ownerId })),
    others: toSums(await sumReaderVerdicts(db, id)),
  };
}

function toSums(rows: readonly ReaderVerdictSumRow[]): ReaderVerdicts {
  const best = new Map<string, number>();
  let [ties, allBad, total] = [0, 0, 0];
  for (const { kind, best_ids, count } of rows) {
    total += count;
    if (kind === 'TIE') ties += count;
    if (kind === 'ALL_BAD') allBad += count;
    for (const id of kind === 'BEST' ? best_ids : []) best.set(id, (best.get(id) ?? 0) + count);
  }
  return { best, ties, allBad, count: total };
}
