// A control character within a string is a fault.
const string = String.raw`"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"`;
const bare = String.raw`-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null`;
const tokens = new RegExp(String.raw`[ \t\r\n]*(?:([[\]{},:])|(${string})|(${bare}))`, 'y');

/** What may come next. */
type Expected = 'value' | 'valueOrEnd' | 'key' | 'keyOrEnd' | 'colon' | 'behind';

/** Where the text ceases to be JSON, in UTF-16 code units; its length if it ends too early. */
export function jsonFault(text: string): number {
  const open: string[] = [];
  let expected: Expected = 'value';
  tokens.lastIndex = 0;
  for (let at = 0; ; at = tokens.lastIndex) {
    const [, sign, word, other] = tokens.exec(text) ?? [];
    if (sign === undefined && word === undefined && other === undefined) return at;
    const next = after({ sign, isString: word !== undefined, isBare: other !== undefined }, expected, open);
    if (next === null) return at;
    if (next === 'behind' && open.length === 0) return tokens.lastIndex;
    expected = next;
  }
}

interface Token {
  sign: string | undefined;
  isString: boolean;
  isBare: boolean;
}

function after({ sign, isString, isBare }: Token, expected: Expected, open: string[]): Expected | null {
  const mayBeValue = expected === 'value' || expected === 'valueOrEnd';
  const mayBeKey = expected === 'key' || expected === 'keyOrEnd';
  if (isString && mayBeKey) return 'colon';
  if (isString || isBare) return mayBeValue ? 'behind' : null;
  if (sign === '[' || sign === '{') {
    if (!mayBeValue) return null;
    open.push(sign);
    return sign === '[' ? 'valueOrEnd' : 'keyOrEnd';
  }
  if (sign === ':') return expected === 'colon' ? 'value' : null;
  if (sign === ',') return expected !== 'behind' ? null : open.at(-1) === '[' ? 'value' : 'key';
  const closes = sign === ']' ? '[' : '{';
  const mayEnd = expected === 'behind' || expected === (closes === '[' ? 'valueOrEnd' : 'keyOrEnd');
  return mayEnd && open.pop() === closes ? 'behind' : null;
}
