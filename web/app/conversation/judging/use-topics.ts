import { useRef, useState } from 'react';
import { useClient } from 'urql';
import { VerdictTopicsDocument } from '../../graphql/generated/graphql.ts';

/** The topics that verdicts have so far. They are loaded when they are first wanted. */
export function useTopics(): { topics: readonly string[]; want: () => void } {
  const client = useClient();
  const [topics, setTopics] = useState<readonly string[]>([]);
  const wanted = useRef(false);
  return {
    topics,
    want() {
      if (wanted.current) return;
      wanted.current = true;
      const asked = client.query(VerdictTopicsDocument, {}).toPromise();
      void asked.then(({ data }) => setTopics(data?.verdictTopics.map(({ topic }) => topic) ?? []));
    },
  };
}
