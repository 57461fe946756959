import { CalculationError } from './calculation-error.ts';
import { DIGITS_MAX, type Fraction, fraction, negate, tooLong, Work, whole } from './fraction.ts';
import { constants, factorial, functions, MANY } from './functions.ts';
import { operate, raise, remainder } from './operations.ts';
import { type Token, tokensOf } from './tokens.ts';
import { about, isExact, type Value, written } from './values.ts';

export const EXPRESSION_LENGTH_MAX = 10_000;
const DEPTH_MAX = 200;
/** What a function takes, such as a sine to many digits: up to a millisecond. */
const FUNCTION_WORK = 1_000;

/**
 * Works out an expression such as `2^100 / 3 + sqrt(2)`. Bounded in time, some tens of milliseconds, and in memory.
 *
 * @throws CalculationError
 */
export function calculate(source: string): string {
  return written(valueIn(source));
}

export function valueIn(source: string): Value {
  if (source.length > EXPRESSION_LENGTH_MAX) throw new CalculationError('The expression is too long.');
  return new Calculation(tokensOf(source)).all();
}

/** Reads and calculates at once, from left to right: `^` binds closest and to the right, then the signs, then `* / %`, then `+ -`. */
class Calculation {
  readonly #tokens: readonly Token[];
  readonly #work = new Work();
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  all(): Value {
    const value = this.#sum();
    if (this.#next.kind !== 'end') throw this.#unexpected('an operator');
    return value;
  }

  get #next(): Token {
    return this.#tokens[this.#at] as Token;
  }

  #take(...texts: string[]): string | null {
    const { kind, text } = this.#next;
    if (kind === 'end' || kind === 'number' || !texts.includes(text)) return null;
    this.#at += 1;
    return text;
  }

  #sum(): Value {
    let value = this.#product();
    for (let sign = this.#take('+', '-'); sign; sign = this.#take('+', '-')) {
      value = operate(sign as '+' | '-', value, this.#product(), this.#work);
    }
    return value;
  }

  #product(): Value {
    let value = this.#signed();
    for (let sign = this.#take('*', '/', '%', 'mod'); sign; sign = this.#take('*', '/', '%', 'mod')) {
      const right = this.#signed();
      value =
        sign === '*' || sign === '/' ? operate(sign, value, right, this.#work) : remainder(value, right, this.#work);
    }
    return value;
  }

  #signed(): Value {
    let isNegative = false;
    for (let sign = this.#take('+', '-'); sign; sign = this.#take('+', '-')) if (sign === '-') isNegative = !isNegative;
    const value = this.#power();
    if (!isNegative) return value;
    return isExact(value) ? negate(value) : about(value.about.neg());
  }

  #power(): Value {
    const base = this.#followed();
    if (!this.#take('^')) return base;
    const exponent = this.#within(() => this.#signed());
    return raise(base, exponent, this.#work);
  }

  /** A value with `!` or percent signs behind it. */
  #followed(): Value {
    let value = this.#single();
    for (;;) {
      if (this.#take('!')) value = factorial(value, this.#work);
      else if (this.#isPercent()) value = operate('/', value, whole(100n), this.#work);
      else return value;
    }
  }

  /** A `%` with no value behind it is a percent sign; else it asks for a remainder. */
  #isPercent(): boolean {
    const after = this.#tokens[this.#at + 1];
    if (this.#next.text !== '%' || !after) return false;
    const isRemainder =
      after.kind === 'number' || (after.kind === 'name' && after.text !== 'mod') || after.text === '(';
    return !isRemainder && this.#take('%') !== null;
  }

  #single(): Value {
    const token = this.#next;
    if (token.kind === 'end' || (token.kind === 'sign' && token.text !== '(')) throw this.#unexpected('a number');
    this.#at += 1;
    if (token.kind === 'number') return numberOf(token.text, this.#work);
    if (token.kind === 'name') return this.#named(token);
    const value = this.#within(() => this.#sum());
    if (!this.#take(')')) throw this.#unexpected('a closing parenthesis');
    return value;
  }

  #named({ text, at }: Token): Value {
    const name = text.toLowerCase();
    const constant = Object.hasOwn(constants, name) ? constants[name] : undefined;
    if (constant) return constant();
    const wanted = Object.hasOwn(functions, name) ? functions[name] : undefined;
    if (!wanted) {
      throw new CalculationError(
        `“${text}” at place ${at + 1} is unknown. Known are ${[...Object.keys(constants), ...Object.keys(functions)].join(', ')}.`,
      );
    }
    if (!this.#take('(')) throw this.#unexpected(`an opening parenthesis after ${name}`);
    const values = this.#within(() => this.#list());
    const [least, most] = wanted.arity;
    if (values.length < least || values.length > most) {
      const count = least === most ? least : most === MANY ? `${least} or more` : `${least} or ${most}`;
      throw new CalculationError(
        `${name} takes ${count} value${count === 1 ? '' : 's'}, and was given ${values.length}.`,
      );
    }
    this.#work.spend(FUNCTION_WORK);
    return wanted.of(values, this.#work);
  }

  #list(): Value[] {
    if (this.#take(')')) return [];
    const values = [this.#sum()];
    while (this.#take(',')) values.push(this.#sum());
    if (!this.#take(')')) throw this.#unexpected('a comma or a closing parenthesis');
    return values;
  }

  #within<T>(work: () => T): T {
    this.#depth += 1;
    if (this.#depth > DEPTH_MAX) throw new CalculationError('The expression is nested too deeply.');
    const value = work();
    this.#depth -= 1;
    return value;
  }

  #unexpected(wanted: string): CalculationError {
    const { kind, text, at } = this.#next;
    const found = kind === 'end' ? text : `“${text.slice(0, 20)}” at place ${at + 1}`;
    return new CalculationError(`Expected ${wanted}, and found ${found}.`);
  }
}

function numberOf(text: string, work: Work): Fraction {
  const [, before = '', after = '', exponent = '0'] = /^(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const places = Number(exponent) - after.length;
  if (before.length + after.length + Math.abs(places) > DIGITS_MAX * 2 || Math.abs(places) > DIGITS_MAX)
    throw tooLong();
  const digits = BigInt(`${before}${after}` || '0');
  return places >= 0 ? whole(digits * 10n ** BigInt(places)) : fraction(digits, 10n ** BigInt(-places), work);
}
