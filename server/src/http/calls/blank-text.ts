/** Whether a text says nothing. Unlike `trim`, it reads no further than the first character that is no white space. */
export function isBlank(text: string): boolean {
  return !/\S/.test(text);
}
