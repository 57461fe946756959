/* eslint-disable */
import * as types from './graphql';



/**
 * Map of all GraphQL operations in the project.
 *
 * This map has several performance disadvantages:
 * 1. It is not tree-shakeable, so it will include all operations in the project.
 * 2. It is not minifiable, so the string of a GraphQL query will be multiple times inside the bundle.
 * 3. It does not support dead code elimination, so it will add unused operations.
 *
 * Therefore it is highly recommended to use the babel or swc plugin for production.
 * Learn more about it here: https://the-guild.dev/graphql/codegen/plugins/presets/preset-client#reducing-bundle-size
 */
type Documents = {
    "mutation Ask($prompt: String!, $modelIds: [ID!]) {\n  sendPrompt(input: {prompt: $prompt, modelIds: $modelIds}) {\n    __typename\n    ... on SendPromptPayload {\n      turn {\n        id\n        responses {\n          id\n          model {\n            name\n          }\n        }\n      }\n    }\n    ... on Error {\n      message\n    }\n  }\n}": typeof types.AskDocument,
    "subscription Follow($turnId: ID!) {\n  streamResponse(turnId: $turnId) {\n    __typename\n    responseId\n    ... on TextDelta {\n      text\n    }\n    ... on ResponseFinished {\n      response {\n        text\n        creditsCharged\n        failure {\n          message\n        }\n      }\n    }\n  }\n}": typeof types.FollowDocument,
};
const documents: Documents = {
    "mutation Ask($prompt: String!, $modelIds: [ID!]) {\n  sendPrompt(input: {prompt: $prompt, modelIds: $modelIds}) {\n    __typename\n    ... on SendPromptPayload {\n      turn {\n        id\n        responses {\n          id\n          model {\n            name\n          }\n        }\n      }\n    }\n    ... on Error {\n      message\n    }\n  }\n}": types.AskDocument,
    "subscription Follow($turnId: ID!) {\n  streamResponse(turnId: $turnId) {\n    __typename\n    responseId\n    ... on TextDelta {\n      text\n    }\n    ... on ResponseFinished {\n      response {\n        text\n        creditsCharged\n        failure {\n          message\n        }\n      }\n    }\n  }\n}": types.FollowDocument,
};

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "mutation Ask($prompt: String!, $modelIds: [ID!]) {\n  sendPrompt(input: {prompt: $prompt, modelIds: $modelIds}) {\n    __typename\n    ... on SendPromptPayload {\n      turn {\n        id\n        responses {\n          id\n          model {\n            name\n          }\n        }\n      }\n    }\n    ... on Error {\n      message\n    }\n  }\n}"): typeof import('./graphql').AskDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "subscription Follow($turnId: ID!) {\n  streamResponse(turnId: $turnId) {\n    __typename\n    responseId\n    ... on TextDelta {\n      text\n    }\n    ... on ResponseFinished {\n      response {\n        text\n        creditsCharged\n        failure {\n          message\n        }\n      }\n    }\n  }\n}"): typeof import('./graphql').FollowDocument;


export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}
