/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
/** What a model makes of several answers to one prompt. */
export type MergeMode =
  /** One answer that keeps what is right in each. */
  | 'COMBINE'
  /** What they agree on, and where they differ. */
  | 'COMPARE'
  /** Which is the best one, and why. */
  | 'JUDGE';

export type ParametersInput = {
  maxOutputTokens?: number | null | undefined;
  temperature?: number | null | undefined;
  topP?: number | null | undefined;
};

export type PartOffset = {
  index: number;
  /** From the part’s beginning, in UTF-16 code units. */
  offset: number;
};

/** A merge of all answers to the prompt, in a lane of its own, which begins when they are final. */
export type PromptMergeInput = {
  /** What it is asked for beside that. */
  instruction?: string | null | undefined;
  /** A blind prompt’s merge combines. */
  mode?: MergeMode | null | undefined;
  /** The model that reads them, and is told no names. Absent: the first that is asked or, if blind, any. */
  modelId?: string | null | undefined;
};

/** QUEUED and STREAMING are live; the others are final and never change. */
export type ResponseStatus =
  | 'COMPLETED'
  | 'FAILED'
  | 'INTERRUPTED'
  | 'QUEUED'
  | 'STOPPED'
  | 'STREAMING';

export type ResumePoint = {
  /** How far single parts were read, in place of the two offsets: everything before the last named part of a kind counts as read. */
  parts?: Array<PartOffset> | null | undefined;
  reasoningOffset?: number;
  responseId: string;
  textOffset?: number;
};

export type SendPromptInput = {
  /** The agent (Query.agents) that writes the answers. Absent: with toolIds, the one that uses tools. */
  agentId?: string | null | undefined;
  /** Starts a branch at the beginning of the conversation, beside its first prompt. */
  atStart?: boolean | null | undefined;
  /** Hides the models until the turn is judged or revealed, and puts them into lanes in a random order. Without modelIds, some are drawn of those that the viewer may use; in a conversation whose models are still hidden, the same go on in the same lanes. */
  blind?: boolean | null | undefined;
  /** Absent: a new conversation. */
  conversationId?: string | null | undefined;
  /** How many models a blind prompt without modelIds has drawn, from two to as many as the plan allows at once; those about which verdicts tell least come first. Absent: two. Where the same models go on, nothing is drawn. */
  drawCount?: number | null | undefined;
  /** The viewer’s own files, at most 10, in the order in which models are sent them, before the prompt’s text. ModelQuote.fileForms tells as what. */
  fileIds?: Array<string> | null | undefined;
  /** A response that is shown in an earlier turn of the branch, to go on from: from this prompt on, every model is sent its lane’s answers, and without modelIds only its model is asked. Turn.historyFrom tells of it, and ModelQuote.history what each model is sent. */
  historyFrom?: string | null | undefined;
  /** A retry with the same key returns the first result and charges nothing more. */
  idempotencyKey?: string | null | undefined;
  /** The most that one answer with tools may cost: it ends with what there is (Response.shortenedBy). Absent: as much as the server allows, which Quote.maximum tells. */
  maxCredits?: number | null | undefined;
  /** Asks for a merge of the answers too. In a blind turn it hides among them, until its verdict. Where hidden models go on, their merge goes on with them. */
  merge?: PromptMergeInput | null | undefined;
  /** Absent: the conversation’s models, else the server’s default. A provider’s own name for a model (gpt-4.1, claude-…, gemini-…) works too, and a provider’s id (openai) for its default model. */
  modelIds?: Array<string> | null | undefined;
  parameters?: ParametersInput | null | undefined;
  /** The turn that this one follows; absent: the conversation’s latest. An older one starts a branch. */
  parentTurnId?: string | null | undefined;
  /** Who pays: the id of a team that the viewer is in, or the viewer’s; absent: whoever pays in the conversation, else the viewer. The conversation keeps it. */
  payerId?: string | null | undefined;
  prompt: string;
  /** Makes the new conversation a temporary one (Conversation.temporary). An existing one stays as it is. */
  temporary?: boolean | null | undefined;
  /** Tools (Query.tools) that the models may call, step by step, until they can answer. Not in blind prompts. */
  toolIds?: Array<string> | null | undefined;
};

export type UpdateConversationInput = {
  archived?: boolean | null | undefined;
  id: string;
  modelIds?: Array<string> | null | undefined;
  pinned?: boolean | null | undefined;
  /** An empty one removes it. */
  systemPrompt?: string | null | undefined;
  title?: string | null | undefined;
};

export type CreditsQueryVariables = Exact<{ [key: string]: never; }>;


export type CreditsQuery = { viewer: { id: string, credits: { balance: number, held: number } } | null };

export type QuotedMaximumQueryVariables = Exact<{
  input: SendPromptInput;
}>;


export type QuotedMaximumQuery = { quote: { maximum: number } };

export type StoredTurnQueryVariables = Exact<{
  id: string;
}>;


export type StoredTurnQuery = { node:
    | { __typename: 'ApiKey', id: string }
    | { __typename: 'AuditEntry', id: string }
    | { __typename: 'Conversation', id: string }
    | { __typename: 'CreditEntry', id: string }
    | { __typename: 'Evaluation', id: string }
    | { __typename: 'File', id: string }
    | { __typename: 'Folder', id: string }
    | { __typename: 'Invitation', id: string }
    | { __typename: 'Preset', id: string }
    | { __typename: 'PromptSet', id: string }
    | { __typename: 'Response', id: string }
    | { __typename: 'Share', id: string }
    | { __typename: 'Team', id: string }
    | { __typename: 'Turn', id: string, prompt: string, responses: Array<{ id: string, status: ResponseStatus, text: string, creditsCharged: number | null, model: { id: string }, usage: { inputTokens: number, outputTokens: number } | null }> }
    | { __typename: 'User', id: string }
    | { __typename: 'Verdict', id: string }
    | { __typename: 'Viewer', id: string }
   | null };

export type ConversationPageQueryVariables = Exact<{
  first: number;
  after?: string | null | undefined;
}>;


export type ConversationPageQuery = { conversations: { edges: Array<{ cursor: string, node: { id: string, title: string } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type PossibleTypesQueryVariables = Exact<{ [key: string]: never; }>;


export type PossibleTypesQuery = { __schema: { types: Array<{ name: string | null, possibleTypes: Array<{ name: string | null }> | null }> } };

export type AskMutationVariables = Exact<{
  input: SendPromptInput;
}>;


export type AskMutation = { sendPrompt:
    | { __typename: 'FileNotReadableError', message: string }
    | { __typename: 'InsufficientCreditsError', message: string, required: number, available: number }
    | { __typename: 'InvalidInputError', message: string, field: string }
    | { __typename: 'ModelUnavailableError', message: string, modelId: string }
    | { __typename: 'NotFoundError', message: string }
    | { __typename: 'RateLimitError', message: string }
    | { __typename: 'SendPromptPayload', conversation: { id: string, title: string }, turn: { id: string, responses: Array<{ id: string, model: { id: string } }> } }
    | { __typename: 'TierLimitError', message: string }
   };

export type RenameMutationVariables = Exact<{
  input: UpdateConversationInput;
}>;


export type RenameMutation = { updateConversation: { id: string, title: string } };

export type FollowSubscriptionVariables = Exact<{
  turnId: string;
  resume?: Array<ResumePoint> | ResumePoint | null | undefined;
}>;


export type FollowSubscription = { streamResponse:
    | { __typename: 'ImageAdded', responseId: string }
    | { __typename: 'ReasoningDelta', offset: number, text: string, responseId: string }
    | { __typename: 'ResponseFellBack', responseId: string }
    | { __typename: 'ResponseFinished', responseId: string, response: { id: string, status: ResponseStatus, text: string, creditsCharged: number | null, model: { id: string }, usage: { inputTokens: number, outputTokens: number } | null } }
    | { __typename: 'ResponseStarted', responseId: string }
    | { __typename: 'TextDelta', offset: number, text: string, responseId: string }
    | { __typename: 'ToolCallChanged', responseId: string }
   };

export type OutcomeFragment = { id: string, status: ResponseStatus, text: string, creditsCharged: number | null, model: { id: string }, usage: { inputTokens: number, outputTokens: number } | null };

export const OutcomeFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Outcome"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Response"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"text"}},{"kind":"Field","name":{"kind":"Name","value":"creditsCharged"}},{"kind":"Field","name":{"kind":"Name","value":"model"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}}]}},{"kind":"Field","name":{"kind":"Name","value":"usage"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"inputTokens"}},{"kind":"Field","name":{"kind":"Name","value":"outputTokens"}}]}}]}}]} as unknown as DocumentNode<OutcomeFragment, unknown>;
export const CreditsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Credits"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"viewer"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"credits"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"balance"}},{"kind":"Field","name":{"kind":"Name","value":"held"}}]}}]}}]}}]} as unknown as DocumentNode<CreditsQuery, CreditsQueryVariables>;
export const QuotedMaximumDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"QuotedMaximum"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"SendPromptInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"quote"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"maximum"}}]}}]}}]} as unknown as DocumentNode<QuotedMaximumQuery, QuotedMaximumQueryVariables>;
export const StoredTurnDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"StoredTurn"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"node"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Node"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Turn"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"prompt"}},{"kind":"Field","name":{"kind":"Name","value":"responses"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Outcome"}}]}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Outcome"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Response"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"text"}},{"kind":"Field","name":{"kind":"Name","value":"creditsCharged"}},{"kind":"Field","name":{"kind":"Name","value":"model"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}}]}},{"kind":"Field","name":{"kind":"Name","value":"usage"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"inputTokens"}},{"kind":"Field","name":{"kind":"Name","value":"outputTokens"}}]}}]}}]} as unknown as DocumentNode<StoredTurnQuery, StoredTurnQueryVariables>;
export const ConversationPageDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"ConversationPage"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"first"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"conversations"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"first"}}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"edges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"cursor"}},{"kind":"Field","name":{"kind":"Name","value":"node"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"title"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}}]} as unknown as DocumentNode<ConversationPageQuery, ConversationPageQueryVariables>;
export const PossibleTypesDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"PossibleTypes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__schema"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"types"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"possibleTypes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}}]}}]}}]}}]}}]} as unknown as DocumentNode<PossibleTypesQuery, PossibleTypesQueryVariables>;
export const AskDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"Ask"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"SendPromptInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"sendPrompt"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"SendPromptPayload"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"conversation"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"title"}}]}},{"kind":"Field","name":{"kind":"Name","value":"turn"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"responses"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"model"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}}]}}]}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Error"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"message"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"InsufficientCreditsError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"required"}},{"kind":"Field","name":{"kind":"Name","value":"available"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"InvalidInputError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"field"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"ModelUnavailableError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"modelId"}}]}}]}}]}}]} as unknown as DocumentNode<AskMutation, AskMutationVariables>;
export const RenameDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"Rename"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"UpdateConversationInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"updateConversation"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"title"}}]}}]}}]} as unknown as DocumentNode<RenameMutation, RenameMutationVariables>;
export const FollowDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"subscription","name":{"kind":"Name","value":"Follow"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"turnId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"resume"}},"type":{"kind":"ListType","type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ResumePoint"}}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"streamResponse"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"turnId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"turnId"}}},{"kind":"Argument","name":{"kind":"Name","value":"resume"},"value":{"kind":"Variable","name":{"kind":"Name","value":"resume"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"responseId"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"TextDelta"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"offset"}},{"kind":"Field","name":{"kind":"Name","value":"text"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"ReasoningDelta"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"offset"}},{"kind":"Field","name":{"kind":"Name","value":"text"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"ResponseFinished"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"response"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Outcome"}}]}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Outcome"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Response"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"text"}},{"kind":"Field","name":{"kind":"Name","value":"creditsCharged"}},{"kind":"Field","name":{"kind":"Name","value":"model"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}}]}},{"kind":"Field","name":{"kind":"Name","value":"usage"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"inputTokens"}},{"kind":"Field","name":{"kind":"Name","value":"outputTokens"}}]}}]}}]} as unknown as DocumentNode<FollowSubscription, FollowSubscriptionVariables>;