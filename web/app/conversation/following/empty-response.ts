import type { ModelFieldsFragment, ResponseFieldsFragment } from '../../graphql/generated/graphql.ts';

/** A response of which nothing has come yet: each field's value before the server sets it. */
export function emptyResponse(
  id: string,
  { lane, model, createdAt }: { lane: number; model: ModelFieldsFragment; createdAt: string },
): ResponseFieldsFragment {
  return {
    id,
    lane,
    model,
    servedBy: null,
    status: 'QUEUED',
    parts: [],
    text: '',
    reasoning: '',
    refusal: null,
    citations: [],
    finishReason: null,
    shortenedBy: null,
    failure: null,
    usage: null,
    creditsHeld: 0,
    creditsCharged: null,
    attempts: [],
    firstTokenMs: null,
    durationMs: null,
    continues: null,
    mergeMode: null,
    mergedFrom: [],
    fileForms: [],
    filesLeftOut: 0,
    chosenAt: null,
    createdAt,
    finishedAt: null,
  };
}
