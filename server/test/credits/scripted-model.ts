import {
  type LanguageModel,
  ModelFailure,
  type ModelPart,
  type ModelRequest,
  type TokenUsage,
} from '../../src/ports/language-model.ts';

/** A model whose answers the test writes, at the time of its choice. */
export interface ScriptedModel extends LanguageModel {
  /** Requests that are not yet answered to the end, oldest first. */
  readonly open: readonly ScriptedCall[];
  /** All requests so far. */
  readonly requests: readonly ModelRequest[];
}

export interface ScriptedCall {
  request: ModelRequest;
  push(part: ModelPart): void;
  /** Ends the answer. If nothing was written, a word comes first, as an empty answer is a failure. */
  finish(usage: TokenUsage | null): void;
  fail(failure: ModelFailure): void;
}

export function createScriptedModel(): ScriptedModel {
  const open: ScriptedCall[] = [];
  const requests: ModelRequest[] = [];
  return {
    open,
    requests,
    stream(request, onPart) {
      requests.push(request);
      return new Promise<void>((resolve, reject) => {
        const end = (how: () => void) => {
          const index = open.indexOf(call);
          if (index < 0) return;
          open.splice(index, 1);
          how();
        };
        let said = false;
        const push = (part: ModelPart) => {
          said ||= part.type === 'text' || part.type === 'reasoning';
          onPart(part);
        };
        const call: ScriptedCall = {
          request,
          push,
          finish: (usage) =>
            end(() => {
              if (!said) push({ type: 'text', text: 'Done.' });
              if (usage) onPart({ type: 'usage', usage });
              onPart({ type: 'finish', reason: 'STOP' });
              resolve();
            }),
          fail: (failure) => end(() => reject(failure)),
        };
        open.push(call);
        request.signal.addEventListener('abort', () => end(() => reject(new ModelFailure('CONNECTION', 'Aborted.'))), {
          once: true,
        });
      });
    },
    listModels: async () => [],
  };
}
