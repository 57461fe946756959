import { likelyInputTokens } from '../../domain/asking/call-size.ts';
import type { CallInput } from '../../domain/asking/calls.ts';
import type { Model } from '../../domain/catalogue/catalogue.ts';
import { CallError, problem } from '../calls/call-problem.ts';

/**
 * Requires that the model has room for the request, before it is measured for its price, which takes longer.
 *
 * @param field the field that has the messages
 * @throws CallError
 */
export async function requireRoom(
  model: Pick<Model, 'contextWindow' | 'fileRule'>,
  { system, messages, options = {} }: Pick<CallInput, 'system' | 'messages' | 'options'>,
  field: string,
): Promise<void> {
  const tokens = await likelyInputTokens({ system, messages, options }, model);
  const { contextWindow } = model;
  if (tokens < contextWindow) return;
  throw new CallError(
    problem(
      'tooLong',
      `This model's maximum context length is ${contextWindow} tokens. However, your messages have about ${tokens}.`,
      { field },
    ),
  );
}
