import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLNamedType,
  type GraphQLSchema,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  Kind,
  Lexer,
  type SelectionSetNode,
  Source,
  TokenKind,
} from 'graphql';

/** The longest document, in UTF-16 code units; a prompt belongs among the variables. */
export const DOCUMENT_LENGTH_MAX = 100_000;
export const TOKENS_MAX = 4000;
/** Brackets open at once; the deepest sensible query has some thirty. */
const BRACKETS_MAX = 100;
/** Fields and fragments, each counted wherever it is spread. All fields of the schema at once are some 300. */
const SELECTIONS_MAX = 2000;
/** Selections that their selection set has already: validation compares each with each. */
const REPEATS_MAX = 100;
/** How often a selection set may have `__typename` under several names. */
const TYPE_NAMES_MAX = 2;

/**
 * Selections in the schema's description, each counted as often as the list around it is long; the usual introspection
 * has some 65,000.
 */
const DESCRIPTIONS_MAX = 130_000;

/**
 * The lengths of the lists in a schema's description, added up by their names: `fields` has all fields of all types.
 */
export type DescriptionSizes = Readonly<Record<string, number>>;

export function descriptionSizes(schema: GraphQLSchema): DescriptionSizes {
  const types = Object.values(schema.getTypeMap());
  const sum = (sizeOf: (type: GraphQLNamedType) => number) => types.reduce((total, type) => total + sizeOf(type), 0);
  const sizeOf = (fields: object) => Object.keys(fields).length;
  return {
    types: types.length,
    directives: schema.getDirectives().length,
    fields: sum((type) => (isObjectType(type) || isInterfaceType(type) ? sizeOf(type.getFields()) : 0)),
    inputFields: sum((type) => (isInputObjectType(type) ? sizeOf(type.getFields()) : 0)),
    enumValues: sum((type) => (isEnumType(type) ? type.getValues().length : 0)),
    interfaces: sum((type) => (isObjectType(type) || isInterfaceType(type) ? type.getInterfaces().length : 0)),
    possibleTypes: sum((type) => (isAbstractType(type) ? schema.getPossibleTypes(type).length : 0)),
  };
}

/**
 * Refuses a document that is nested too deeply. To be called before parsing: the parser goes down bracket by bracket,
 * and would run out of stack. @throws GraphQLError
 */
export function requireShallow(source: string | Source): void {
  const { body } = typeof source === 'string' ? { body: source } : source;
  if (body.length > DOCUMENT_LENGTH_MAX) throw tooComplex(`has more than ${DOCUMENT_LENGTH_MAX} characters`);
  const lexer = new Lexer(new Source(body));
  let open = 0;
  for (let tokens = 0; tokens <= TOKENS_MAX; tokens++) {
    const { kind } = lexer.advance();
    if (kind === TokenKind.EOF) return;
    if (kind === TokenKind.BRACE_L || kind === TokenKind.BRACKET_L || kind === TokenKind.PAREN_L) open += 1;
    if (kind === TokenKind.BRACE_R || kind === TokenKind.BRACKET_R || kind === TokenKind.PAREN_R) open -= 1;
    if (open > BRACKETS_MAX) throw tooComplex('is nested too deeply');
  }
}

/**
 * Limits the work that a document causes before it is executed, and all work of introspection. Validation takes time
 * quadratic in what is repeated, and walks into a fragment wherever it is spread. To be called once the document is
 * parsed.
 *
 * @throws GraphQLError
 */
export function requireFewSelections(document: DocumentNode, sizes: DescriptionSizes): void {
  const walk = new Walk(document, sizes);
  for (const definition of document.definitions) if ('selectionSet' in definition) walk.enter(definition.selectionSet);
}

/** The place of a selection in the schema's description, and how many times it is answered there. */
interface Description {
  times: number;
  /** Whether the place is within a list of types, or within a list of a type's parts. */
  list: 'none' | 'types' | 'parts';
}

/** One pass over a document that ends as soon as there is too much of anything. */
class Walk {
  readonly #fragments = new Map<string, FragmentDefinitionNode>();
  readonly #sizes: DescriptionSizes;
  /** The fragments around the present place; refusing a circle is up to validation. */
  readonly #within = new Set<string>();
  #selections = 0;
  #repeats = 0;
  #descriptions = 0;

  constructor(document: DocumentNode, sizes: DescriptionSizes) {
    this.#sizes = sizes;
    for (const definition of document.definitions)
      if (definition.kind === Kind.FRAGMENT_DEFINITION) this.#fragments.set(definition.name.value, definition);
  }

  enter(selectionSet: SelectionSetNode, description: Description | null = null): void {
    this.#collect(selectionSet, new Map(), description);
  }

  /** `seen`: how often each key was selected in this selection set with its fragments. */
  #collect({ selections }: SelectionSetNode, seen: Map<string, number>, description: Description | null): void {
    for (const selection of selections) {
      this.#selections += 1;
      if (this.#selections > SELECTIONS_MAX) throw tooComplex(`selects more than ${SELECTIONS_MAX} fields`);
      if (selection.kind === Kind.FIELD) this.#take(selection, seen, description);
      else if (selection.kind === Kind.INLINE_FRAGMENT) this.#collect(selection.selectionSet, seen, description);
      else {
        const name = selection.name.value;
        this.#count(`...${name}`, seen);
        const fragment = this.#fragments.get(name);
        if (!fragment || this.#within.has(name)) continue;
        this.#within.add(name);
        this.#collect(fragment.selectionSet, seen, description);
        this.#within.delete(name);
      }
    }
  }

  #take({ name: { value: name }, alias, selectionSet }: FieldNode, seen: Map<string, number>, at: Description | null) {
    const isTypeName = name === '__typename';
    const times = this.#count(isTypeName ? name : (alias?.value ?? name), seen);
    if (isTypeName && alias && times > TYPE_NAMES_MAX) throw tooComplex('asks for one type too often');
    this.#descriptions += at?.times ?? 0;
    if (this.#descriptions > DESCRIPTIONS_MAX) throw tooComplex('asks for too much of the schema’s description');
    if (selectionSet) this.enter(selectionSet, this.#describe(name, at));
  }

  #describe(name: string, at: Description | null): Description | null {
    if (name === '__schema' || name === '__type') return { times: 1, list: 'none' };
    const size = at && this.#sizes[name];
    if (!at || size == null) return at;
    if (at.list === 'parts') throw tooComplex('goes from the fields of a type to those of another');
    // Over all types, such lists have as many entries as the whole schema; a single type's list has at most that many.
    return { times: size, list: name === 'types' ? 'types' : 'parts' };
  }

  #count(key: string, seen: Map<string, number>): number {
    const times = (seen.get(key) ?? 0) + 1;
    seen.set(key, times);
    if (times > 1 && ++this.#repeats > REPEATS_MAX) throw tooComplex(`repeats more than ${REPEATS_MAX} selections`);
    return times;
  }
}

function tooComplex(what: string): GraphQLError {
  return new GraphQLError(`The operation ${what}.`, { extensions: { code: 'QUERY_TOO_COMPLEX' } });
}
