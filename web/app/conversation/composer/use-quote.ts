import { useEffect, useState } from 'react';
import { useClient } from 'urql';
import { QuoteDocument, type QuoteQuery, type SendPromptInput } from '../../graphql/generated/graphql.ts';

const pauseMs = 300;

function questionOf(input: SendPromptInput) {
  return { input, goesOn: input.historyFrom != null };
}

/** The quote for sending this prompt, fetched when typing pauses. The last quote stays until the next one arrives. */
export function useQuote(input: SendPromptInput | null): QuoteQuery['quote'] | null {
  const client = useClient();
  const [quote, setQuote] = useState<QuoteQuery['quote'] | null>(null);
  const question = input && JSON.stringify(input);
  useEffect(() => {
    if (!question) return;
    let wanted = true;
    const timer = setTimeout(() => {
      void client
        .query(QuoteDocument, questionOf(JSON.parse(question)))
        .toPromise()
        .then(({ data }) => {
          if (wanted) setQuote(data?.quote ?? null);
        });
    }, pauseMs);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [client, question]);
  return question ? quote : null;
}
