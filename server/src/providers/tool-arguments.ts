import { ModelFailure, type ToolCallPart } from '../ports/language-model.ts';

/**
 * The arguments of a call as the object that Anthropic and Google want in place of its JSON. A call without any has `{}`.
 *
 * @throws {ModelFailure} INVALID_REQUEST: they are no JSON of an object
 */
export function argumentsOf({ name, arguments: json }: ToolCallPart): Record<string, unknown> {
  if (json.trim() === '') return {};
  const value = parsed(json);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new ModelFailure('INVALID_REQUEST', `The arguments of a call of the tool "${name}" are no JSON of an object.`);
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
