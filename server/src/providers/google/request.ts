import {
  FunctionCallingMode,
  type FunctionDeclaration,
  type GenerateContentRequest,
  type ToolConfig,
} from '@google/generative-ai';
import type { AnswerFormat, CallOptions, ModelRequest, ModelTool } from '../../ports/language-model.ts';
import { toContents } from './content.ts';
import { toThinkingConfig } from './thinking.ts';
import type { UploadedFiles } from './uploads.ts';

/**
 * The body of a request. The API has no form for a tool whose schema is promised, nor for one call at a time: both are
 * left out.
 *
 * @throws {ModelFailure} INVALID_REQUEST: see `toContents`
 */
export function toContentRequest(request: ModelRequest, uploaded: UploadedFiles = new Map()): GenerateContentRequest {
  const { tools = [], toolChoice, stop = [], format, search } = request.options ?? {};
  const thinkingConfig = toThinkingConfig(request);
  const generationConfig = {
    maxOutputTokens: request.maxOutputTokens,
    ...(request.temperature !== undefined && { temperature: request.temperature }),
    ...(request.topP !== undefined && { topP: request.topP }),
    ...(stop.length > 0 && { stopSequences: [...stop] }),
    ...(thinkingConfig && { thinkingConfig }),
    ...(format && toResponseFormat(format)),
  };
  return {
    contents: toContents(request.messages, request.model, uploaded),
    ...(request.system !== null && { systemInstruction: request.system }),
    generationConfig,
    ...(tools.length > 0 && {
      tools: [{ functionDeclarations: tools.map(toDeclaration) }],
      ...(toolChoice && { toolConfig: toToolConfig(toolChoice) }),
    }),
    ...(search && tools.length === 0 && { tools: [googleSearch] }),
  };
}

/** The SDK's types know its predecessor only, but the SDK sends it as it is. */
const googleSearch: object = { googleSearch: {} };

/** The SDK's types lack the JSON schema, but the SDK sends it as it is. */
function toResponseFormat(format: AnswerFormat) {
  return {
    responseMimeType: 'application/json',
    ...(format.type === 'schema' && { responseJsonSchema: format.schema }),
  };
}

/** The SDK's types lack the JSON schema, but the SDK sends it as it is. */
function toDeclaration({ name, description, parameters }: ModelTool): FunctionDeclaration {
  const declaration = {
    name,
    ...(description !== null && { description }),
    ...(parameters !== null && { parametersJsonSchema: parameters }),
  };
  return declaration;
}

const modes = {
  auto: FunctionCallingMode.AUTO,
  none: FunctionCallingMode.NONE,
  required: FunctionCallingMode.ANY,
};

function toToolConfig(choice: NonNullable<CallOptions['toolChoice']>): ToolConfig {
  return {
    functionCallingConfig:
      typeof choice === 'object'
        ? { mode: FunctionCallingMode.ANY, allowedFunctionNames: [choice.name] }
        : { mode: modes[choice] },
  };
}
