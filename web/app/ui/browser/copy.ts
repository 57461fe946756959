import { useEffect, useState } from 'react';

/** Whether a text was copied just now, and the function that copies one. */
export function useCopy(): [copied: boolean, copy: (text: string) => void] {
  const [copies, setCopies] = useState(0);
  useEffect(() => {
    if (copies === 0) return;
    const timer = setTimeout(() => setCopies(0), 1500);
    return () => clearTimeout(timer);
  }, [copies]);
  return [
    copies > 0,
    (text) => {
      void writeClipboard(text).then((written) => written && setCopies((count) => count + 1));
    },
  ];
}

/** Copies a text. `navigator.clipboard` exists in secure contexts only, and a server on the local network is often plain http. */
async function writeClipboard(text: string): Promise<boolean> {
  if (navigator.clipboard) {
    return navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    );
  }
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'fixed -top-full';
  document.body.append(area);
  area.select();
  const written = document.execCommand('copy');
  area.remove();
  return written;
}
