/** How many lines of a prompt are shown at first. */
const shownLines = 8;

/** How many letters a line of 70 figures holds, since letters are narrower. A line that is counted is there on the page. */
const lineLength = 82;

/** Whether a prompt has more lines than are shown at first. It is counted from the text, so that nothing moves when the script comes. */
export function isLong(prompt: string): boolean {
  let lines = 0;
  for (const line of prompt.split('\n', shownLines + 1)) lines += Math.max(1, Math.ceil(line.length / lineLength));
  return lines > shownLines;
}
