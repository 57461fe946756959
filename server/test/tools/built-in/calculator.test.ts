import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { calculate } from '../../../src/tools/built-in/calculator/calculate.ts';
import { CalculationError } from '../../../src/tools/built-in/calculator/calculation-error.ts';
import { createCalculator } from '../../../src/tools/built-in/calculator/calculator.ts';
import { valueOfText } from './tool-call.ts';

/** An expression of whole numbers, and its value. */
interface Sum {
  text: string;
  value: bigint;
}

const sums = fc.letrec<{ sum: Sum; number: Sum; both: Sum; negative: Sum; power: Sum }>((tie) => ({
  sum: fc.oneof({ maxDepth: 5, withCrossShrink: true }, tie('number'), tie('both'), tie('negative'), tie('power')),
  number: fc.bigInt({ min: 0n, max: 10n ** 40n }).map((value) => ({ text: String(value), value })),
  negative: tie('sum').map(({ text, value }) => ({ text: `-(${text})`, value: -value })),
  power: fc
    .tuple(tie('number'), fc.integer({ min: 0, max: 4 }))
    .map(([{ text, value }, exponent]) => ({ text: `${text}^${exponent}`, value: value ** BigInt(exponent) })),
  both: fc.tuple(tie('sum'), fc.constantFrom('+', '-', '*'), tie('sum')).map(([a, sign, b]) => ({
    text: `(${a.text} ${sign} ${b.text})`,
    value: sign === '+' ? a.value + b.value : sign === '-' ? a.value - b.value : a.value * b.value,
  })),
})).sum;

const whole = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n });
const positive = fc.bigInt({ min: 1n, max: 10n ** 30n });

describe('the calculator', () => {
  it('calculates with whole numbers as BigInt does', () => {
    fc.assert(
      fc.property(sums, ({ text, value }) => {
        fc.pre(String(value).length < 1_900);
        expect(calculate(text)).toBe(String(value));
      }),
    );
  });

  it('adds, multiplies and compares fractions exactly', () => {
    fc.assert(
      fc.property(whole, positive, whole, positive, (a, b, c, d) => {
        expect(calculate(`(${a}/${b} + ${c}/${d}) * ${b} * ${d}`)).toBe(String(a * d + c * b));
        expect(calculate(`${a}/${b} * ${b}`)).toBe(String(a));
        expect(calculate(`floor(${a}/${b}) * ${b} + mod(${a}, ${b})`)).toBe(String(a));
        expect(calculate(`gcd(${a}, ${b}) * lcm(${a}, ${b})`)).toBe(String((a < 0n ? -a : a) * b));
      }),
    );
  });

  it('reads and writes decimals without losing a digit', () => {
    fc.assert(
      fc.property(whole, fc.integer({ min: 1, max: 40 }), (digits, places) => {
        const unit = 10n ** BigInt(places);
        const size = String(digits < 0n ? -digits : digits).padStart(places + 1, '0');
        const text = `${digits < 0n ? '-' : ''}${size.slice(0, -places)}.${size.slice(-places)}`;
        expect(calculate(`${text} * ${unit}`)).toBe(String(digits));
        const shown = text.replace(/\.?0+$/, '');
        expect(calculate(text)).toBe(shown === '-0' || shown === '' ? '0' : shown);
      }),
    );
  });

  it('finds the exact roots of powers', () => {
    fc.assert(
      fc.property(positive, fc.bigInt({ min: 2n, max: 9n }), (base, degree) => {
        expect(calculate(`root(${base ** degree}, ${degree})`)).toBe(String(base));
        expect(calculate(`(${base ** degree}/7^${degree})^(1/${degree}) * 7`)).toBe(String(base));
      }),
    );
  });

  it('answers whatever it is given, or says why not', () => {
    const signs = fc.constantFrom(
      ...'0123456789.+-*/^%!(),π '.split(''),
      ...[
        'sqrt(',
        'sin(',
        'tan(',
        'log(',
        'fact(',
        'ncr(',
        'round(',
        'root(',
        'exp(',
        'mod ',
        'pi',
        '1e',
        'constructor',
      ],
    );
    const texts = fc.oneof(
      fc.string(),
      fc.array(signs, { maxLength: 40 }).map((all) => all.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        try {
          expect(calculate(text)).not.toMatch(/NaN|Infinity|undefined/);
        } catch (error) {
          expect(error).toBeInstanceOf(CalculationError);
        }
      }),
    );
  });

  it.each([
    ['1/3', '1/3 ≈ 0.3333333333333333333333333'],
    ['0.1 + 0.2', '0.3'],
    ['2^-3', '0.125'],
    ['-2^2', '-4'],
    ['2^3^2', '512'],
    ['(-2)^3', '-8'],
    ['200 * 15%', '30'],
    ['10 % 3', '1'],
    ['-7 mod 3', '2'],
    ['5! / 3!', '20'],
    ['ncr(52, 5)', '2598960'],
    ['npr(5, 2)', '20'],
    ['sqrt(2)', '≈ 1.414213562373095048801689'],
    ['sqrt(16/9)', '4/3 ≈ 1.333333333333333333333333'],
    ['cbrt(-27)', '-3'],
    ['log(1000)', '3'],
    ['log(1/8, 2)', '-3'],
    ['ln(e)', '≈ 1'],
    ['sin(pi)', '≈ 0'],
    ['cos(rad(60))', '≈ 0.5'],
    ['round(2.345, 2)', '2.35'],
    ['round(-2.5)', '-3'],
    ['ceil(-1.5) + trunc(-1.5)', '-2'],
    ['mean(1, 2, 4)', '7/3 ≈ 2.333333333333333333333333'],
    ['max(1, 3/2, 1.4)', '1.5'],
    ['12 × 3 ÷ 4 − 1', '8'],
    ['1.5e3', '1500'],
    ['sinh(2)', '≈ 3.626860407847018767668214'],
    ['cosh(-2)', '≈ 3.762195691083631459562213'],
    ['tanh(-2)', '≈ -0.9640275800758168839464137'],
    ['sinh(0.5)', '≈ 0.5210953054937473616224256'],
    ['tanh(1e15)', '≈ 1'],
    ['2^100000', '≈ 9.990020930143845079440328e+30102'],
    ['0^0', '1'],
  ])('works out %s', (expression, result) => {
    expect(calculate(expression)).toBe(result);
  });

  it.each([
    ['1/0', 'divided by zero'],
    ['0^-1', 'divided by zero'],
    ['5 mod 0', 'divided by zero'],
    ['sqrt(-1)', 'no real root'],
    ['ln(0)', 'Only positive numbers'],
    ['(-8)^(1/3)', 'no real power'],
    ['tan(pi/2)', 'no value there'],
    ['2 3', 'Expected an operator, and found “3” at place 3'],
    ['2pi', 'Expected an operator'],
    ['(1', 'closing parenthesis, and found the end'],
    ['', 'Expected a number, and found the end'],
    ['foo(1)', '“foo” at place 1 is unknown'],
    ['toString(1)', 'is unknown'],
    ['1 & 2', 'The character & at place 3'],
    ['sqrt()', 'takes 1 value, and was given 0'],
    ['1e9999', 'more than 2,000 digits'],
    ['900!', 'more than 2,000 digits'],
    ['9^9^9^9', 'too large'],
    ['0.5!', 'whole numbers only'],
  ])('says of %s why it has no value', (expression, message) => {
    expect(() => calculate(expression)).toThrow(message);
  });

  it('refuses what is nested too deeply or too long', () => {
    expect(() => calculate('('.repeat(300))).toThrow('nested too deeply');
    expect(() => calculate(`1${'+1'.repeat(6000)}`)).toThrow('too long');
  });

  it('takes a bounded effort, however much is asked in ten thousand characters', () => {
    const hard = [
      Array.from({ length: 300 }, (_, at) => `1/(7^${400 + at})`).join('+'),
      Array.from({ length: 900 }, (_, at) => `sin(${at})`).join('+'),
      Array.from({ length: 600 }, (_, at) => `2^(${at}.3)`).join('*'),
      Array.from({ length: 50 }, () => 'ncr(2000,900)').join('+'),
      Array.from({ length: 600 }, () => 'root(3^1000,99)').join('+'),
      Array.from({ length: 300 }, (_, at) => `sinh(1e${at})+cosh(1e1${at})+tanh(-1e${at})`).join('+'),
      Array.from({ length: 300 }, (_, at) => `cosh(1e15)-tanh(${at}1e9)`).join('+'),
      Array.from({ length: 600 }, (_, at) => `(pi+${at})^(1e15+.5)`).join('*0+'),
      Array.from({ length: 900 }, (_, at) => `atan(1e${at})`).join('+'),
    ];
    for (const expression of hard) {
      const { user, system } = process.cpuUsage();
      try {
        calculate(expression.slice(0, 10_000));
      } catch (error) {
        expect(error).toBeInstanceOf(CalculationError);
      }
      const after = process.cpuUsage();
      // The processor's time, which a busy machine does not lengthen.
      expect((after.user + after.system - user - system) / 1_000).toBeLessThan(1_000);
    }
  });

  it('gives models its result, or what is wrong as an error that they can mend', async () => {
    const calculator = createCalculator();
    expect(await valueOfText(calculator, { expression: '6 * 7' })).toEqual({ text: '42', isError: false });
    expect(await valueOfText(calculator, { expression: '6 *' })).toMatchObject({ isError: true });
    expect(await valueOfText(calculator, { expression: 7 })).toMatchObject({ isError: true });
  });
});
