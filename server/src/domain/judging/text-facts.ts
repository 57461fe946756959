import type { Kysely } from 'kysely';
import type { Database } from '../../database/database.ts';
import { findHiddenAnswersBefore, findShownTexts } from '../../database/judging/verdicts.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Contestant } from './contestants.ts';
import { namesModels } from './self-naming.ts';
import { speaksOfAnswers } from './source-naming.ts';

/** What only the texts of a turn tell. */
export interface TextFacts {
  /** Of each contestant, by its response's id, in UTF-16 code units. */
  characters: ReadonlyMap<string, number>;
  /** Whether an answer that the judge has seen names a model or a maker, or shows itself to be a merge of the others. */
  named: boolean;
}

interface Reading {
  db: Kysely<Database>;
  catalogue: Catalogue;
}

/**
 * Reads the contestants' texts, one after the other. The answers of hidden turns before a hidden one are searched for
 * names too: whoever knows their models knows those of its lanes.
 */
export async function textFactsOf(
  reading: Reading,
  turnId: string,
  contestants: readonly Contestant[],
): Promise<TextFacts> {
  const characters = new Map<string, number>();
  let named = false;
  // By what the question may ask of every answer, no merge is known.
  const speaks = { merges: false, others: false };
  for (const { responseId, modelId, merged } of contestants) {
    const texts = await textsOf(reading.db, responseId);
    characters.set(responseId, texts[0].length);
    named ||= await namesModels(reading.catalogue, texts, modelId);
    speaks[merged ? 'merges' : 'others'] ||= speaksOfAnswers(texts[0]);
  }
  named ||= speaks.merges && !speaks.others;
  for (const { id, model_id } of named ? [] : await findHiddenAnswersBefore(reading.db, turnId)) {
    named ||= await namesModels(reading.catalogue, await textsOf(reading.db, id), model_id);
  }
  return { characters, named };
}

/** All that a reader is shown of an answer, its text first. */
async function textsOf(db: Kysely<Database>, responseId: string): Promise<[string, ...string[]]> {
  const [shown] = await findShownTexts(db, [responseId]);
  return [shown?.text ?? '', shown?.reasoning ?? '', shown?.refusal ?? ''];
}
