import type { PromptSetPageQuery } from '../graphql/generated/graphql.ts';

/** A prompt set, as its page shows it. */
export type ShownSet = Extract<PromptSetPageQuery['node'], { __typename: 'PromptSet' }>;
