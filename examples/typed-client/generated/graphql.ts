/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
export type AskMutationVariables = Exact<{
  prompt: string;
  modelIds?: Array<string> | string | null | undefined;
}>;


export type AskMutation = { sendPrompt:
    | { __typename: 'FileNotReadableError', message: string }
    | { __typename: 'InsufficientCreditsError', message: string }
    | { __typename: 'InvalidInputError', message: string }
    | { __typename: 'ModelUnavailableError', message: string }
    | { __typename: 'NotFoundError', message: string }
    | { __typename: 'RateLimitError', message: string }
    | { __typename: 'SendPromptPayload', turn: { id: string, responses: Array<{ id: string, model: { name: string } }> } }
    | { __typename: 'TierLimitError', message: string }
   };

export type FollowSubscriptionVariables = Exact<{
  turnId: string;
}>;


export type FollowSubscription = { streamResponse:
    | { __typename: 'ImageAdded', responseId: string }
    | { __typename: 'ReasoningDelta', responseId: string }
    | { __typename: 'ResponseFellBack', responseId: string }
    | { __typename: 'ResponseFinished', responseId: string, response: { text: string, creditsCharged: number | null, failure: { message: string } | null } }
    | { __typename: 'ResponseStarted', responseId: string }
    | { __typename: 'TextDelta', text: string, responseId: string }
    | { __typename: 'ToolCallChanged', responseId: string }
   };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}

export const AskDocument = new TypedDocumentString(`
    mutation Ask($prompt: String!, $modelIds: [ID!]) {
  sendPrompt(input: {prompt: $prompt, modelIds: $modelIds}) {
    __typename
    ... on SendPromptPayload {
      turn {
        id
        responses {
          id
          model {
            name
          }
        }
      }
    }
    ... on Error {
      message
    }
  }
}
    `) as unknown as TypedDocumentString<AskMutation, AskMutationVariables>;
export const FollowDocument = new TypedDocumentString(`
    subscription Follow($turnId: ID!) {
  streamResponse(turnId: $turnId) {
    __typename
    responseId
    ... on TextDelta {
      text
    }
    ... on ResponseFinished {
      response {
        text
        creditsCharged
        failure {
          message
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<FollowSubscription, FollowSubscriptionVariables>;