/** The properties that one class of Tailwind sets together: a later such class takes the place of earlier ones for any of them. */
const wholes: Record<string, readonly string[]> = {
  size: ['w', 'h'],
  p: ['px', 'py', 'pt', 'pb', 'pl', 'pr', 'ps', 'pe'],
  px: ['pl', 'pr', 'ps', 'pe'],
  py: ['pt', 'pb'],
  m: ['mx', 'my', 'mt', 'mb', 'ml', 'mr', 'ms', 'me'],
  mx: ['ml', 'mr', 'ms', 'me'],
  my: ['mt', 'mb'],
  flex: ['shrink', 'grow', 'basis'],
};

/** Classes whose name alone tells their property, by what comes before the value. */
const named =
  /^-?(size|(?:min-|max-)?[wh]|[pm][xytblrse]?|gap(?!-[xy])|justify|items|self|rounded(?!-[tblrse])|opacity|z|top|bottom|left|right|start|end|cursor|shrink|grow|basis|bg)(?:-|$)/;
/** Families of classes that set one property each. */
const families: readonly [property: string, pattern: RegExp][] = [
  ['text-size', /^text-(?:xs$|sm$|base$|lg$|\d?xl$|\[\d)/],
  ['text-align', /^text-(?:left|center|right|start|end|justify)$/],
  ['text-wrap', /^text-(?:wrap|nowrap|balance|pretty)$/],
  ['text-colour', /^text-/],
  ['flex', /^flex-(?:\d+|auto|initial|none)$/],
  ['display', /^(?:block|inline|inline-block|flex|inline-flex|grid|hidden|contents)$/],
  ['position', /^(?:static|fixed|absolute|relative|sticky)$/],
  ['weight', /^font-(?:normal|medium|semibold|bold)$/],
  ['whitespace', /^whitespace-/],
  ['border-colour', /^border-(?!\d|[xytblrse](?:-|$)|(?:solid|dashed|dotted|none|collapse|separate|spacing)\b)/],
];

/** What a class sets, with the state that it is for (`hover:bg`); null: a class that nothing takes the place of. */
function propertyOf(name: string): { state: string; property: string } | null {
  // A colon in brackets belongs to the state or to the value.
  const state = name.match(/^(?:(?:[^:[\]()]|\[[^\]]*\]|\([^)]*\))+:)*/)?.[0] ?? '';
  const utility = name.slice(state.length);
  // A class that is marked as important wins by itself.
  if (utility.endsWith('!')) return null;
  const property = families.find(([, pattern]) => pattern.test(utility))?.[0] ?? utility.match(named)?.[1];
  return property === undefined ? null : { state, property };
}

/** Leaves out each class of which a later one for the same state sets the property: the order in the style sheet would decide. */
export function mergedClasses(names: string): string {
  const taken = new Set<string>();
  const kept: string[] = [];
  for (const name of names.split(' ').reverse()) {
    const found = propertyOf(name);
    if (found) {
      const { state, property } = found;
      if (taken.has(state + property)) continue;
      for (const part of [property, ...(wholes[property] ?? [])]) taken.add(state + part);
    }
    kept.push(name);
  }
  return kept.reverse().join(' ');
}
