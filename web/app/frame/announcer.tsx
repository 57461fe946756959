import { createContext, type ReactNode, useCallback, useContext, useState } from 'react';

const AnnounceContext = createContext<(text: string) => void>(() => {});

/** Returns a function that announces a text to people who use a screen reader. */
export function useAnnounce(): (text: string) => void {
  return useContext(AnnounceContext);
}

/** The live region that announces the starts and ends of answers, never the tokens between them. */
export function Announcer({ children }: { children: ReactNode }) {
  const [lines, setLines] = useState<{ key: number; text: string }[]>([]);
  const announce = useCallback((text: string) => {
    setLines((said) => [...said.slice(-5), { key: (said.at(-1)?.key ?? 0) + 1, text }]);
  }, []);
  return (
    <AnnounceContext.Provider value={announce}>
      {children}
      <div className="sr-only" aria-live="polite" role="log">
        {lines.map(({ key, text }) => (
          <p key={key}>{text}</p>
        ))}
      </div>
    </AnnounceContext.Provider>
  );
}
