import { useEffect, useState } from 'react';
import { useClient } from 'urql';
import { CallTextsDocument } from '../../../graphql/generated/graphql.ts';
import { isCallEnded, type ToolCall } from '../drawn-parts.ts';

interface CallTexts {
  /** JSON; null: not loaded yet. */
  arguments: string | null;
  /** Null: there is none yet, or it is not loaded yet. */
  result: string | null;
  /** The addresses of the result's images. */
  images: readonly string[];
  failed: boolean;
}

/**
 * The arguments and the result of a call. The stream brings arguments as they are written; everything else is loaded when it is
 * shown.
 */
export function useCallTexts(responseId: string, call: ToolCall, { wanted }: { wanted: boolean }): CallTexts {
  const client = useClient();
  const streamed = argumentsOf(call);
  const ended = isCallEnded(call);
  const due = wanted && (ended || streamed === null);
  const [loaded, setLoaded] = useState<CallTexts>({ arguments: null, result: null, images: [], failed: false });
  const { id: callId, status } = call;
  // biome-ignore lint/correctness/useExhaustiveDependencies: what there is to load changes with the status
  useEffect(() => {
    if (!due) return;
    let current = true;
    void client
      .query(CallTextsDocument, { responseId, callId, withResult: ended })
      .toPromise()
      .then(({ data }) => {
        if (!current) return;
        const texts = data?.node?.__typename === 'Response' ? data.node.toolCall : null;
        if (!texts) return setLoaded((before) => ({ ...before, failed: true }));
        const images = (texts.images ?? []).map(({ url }) => url);
        setLoaded({ arguments: texts.arguments, result: texts.result ?? null, images, failed: false });
      });
    return () => {
      current = false;
    };
  }, [client, responseId, callId, due, ended, status]);
  return { ...loaded, arguments: streamed ?? loaded.arguments };
}

/** The arguments as far as the stream has brought them; null: it has not. */
export function argumentsOf(call: ToolCall): string | null {
  const { arguments: streamed } = call as ToolCall & { arguments?: string };
  return streamed ?? null;
}
