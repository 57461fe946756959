const bare = String.raw`-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null`;
const tokens = new RegExp(String.raw`[ \t\r\n]*(?:([[\]{},:])|(")|(${bare}))`, 'y');
/** What a string has between escapes; a control character is a fault. One expression for both would need memory for each. */
const plain = /[ !#-[\]-\uffff]*/y;
const space = /[ \t\r\n]*/y;
const escaped = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/y;

/** What may come next. */
type Expected = 'value' | 'valueOrEnd' | 'key' | 'keyOrEnd' | 'colon' | 'behind';

/** Where the text ceases to be JSON, in UTF-16 code units; its length if it ends too early. */
export function jsonFault(text: string): number {
  const open: string[] = [];
  let expected: Expected = 'value';
  tokens.lastIndex = 0;
  for (let at = 0; ; at = tokens.lastIndex) {
    const [, sign, quote, other] = tokens.exec(text) ?? [];
    if (sign === undefined && quote === undefined && other === undefined) return at + spaceAt(text, at);
    const next = after({ sign, isString: quote !== undefined, isBare: other !== undefined }, expected, open);
    if (next === null) return at + spaceAt(text, at);
    if (quote !== undefined) {
      const end = endOfString(text, tokens.lastIndex);
      if (text[end] !== '"') return end;
      tokens.lastIndex = end + 1;
    }
    if (next === 'behind' && open.length === 0) return tokens.lastIndex;
    expected = next;
  }
}

function spaceAt(text: string, at: number): number {
  space.lastIndex = at;
  space.test(text);
  return space.lastIndex - at;
}

/** Where the closing quotation mark is of a string whose text begins here, or what may not be in it. */
function endOfString(text: string, start: number): number {
  for (let at = start; ; at = escaped.lastIndex) {
    plain.lastIndex = at;
    plain.test(text);
    escaped.lastIndex = plain.lastIndex;
    if (!escaped.test(text)) return plain.lastIndex;
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
