/** A symmetric matrix of numbers. */
export class Matrix {
  readonly size: number;
  readonly #cells: Float64Array;

  constructor(size: number) {
    this.size = size;
    this.#cells = new Float64Array(size * size);
  }

  at(row: number, column: number): number {
    return this.#cells[row * this.size + column] as number;
  }

  add(row: number, column: number, value: number): void {
    const cell = row * this.size + column;
    this.#cells[cell] = (this.#cells[cell] as number) + value;
  }

  set(row: number, column: number, value: number): void {
    this.#cells[row * this.size + column] = value;
  }

  /** The sum of `weights[i] · weights[j] · cell(i, j)`: the variance of a weighted sum, this being a covariance. */
  varianceOf(weights: ArrayLike<number>): number {
    let sum = 0;
    for (let row = 0; row < weights.length; row++) {
      const weight = weights[row] as number;
      if (weight === 0) continue;
      for (let column = 0; column < weights.length; column++) {
        sum += weight * (weights[column] as number) * this.at(row, column);
      }
    }
    // A variance of nothing may come out below it, by rounding.
    return Math.max(0, sum);
  }

  /** The product with a vector. */
  times(vector: ArrayLike<number>): Float64Array {
    const product = new Float64Array(this.size);
    for (let row = 0; row < this.size; row++) {
      let sum = 0;
      for (let column = 0; column < this.size; column++) sum += this.at(row, column) * (vector[column] as number);
      product[row] = sum;
    }
    return product;
  }

  /** `this · middle · this`, times a factor. */
  around(middle: Matrix, factor: number): Matrix {
    const half = new Matrix(this.size);
    const whole = new Matrix(this.size);
    multiply(this, middle, half, 1);
    multiply(half, this, whole, factor);
    return whole;
  }
}

function multiply(left: Matrix, right: Matrix, product: Matrix, factor: number): void {
  const { size } = left;
  for (let row = 0; row < size; row++) {
    for (let inner = 0; inner < size; inner++) {
      const value = left.at(row, inner) * factor;
      if (value === 0) continue;
      for (let column = 0; column < size; column++) product.add(row, column, value * right.at(inner, column));
    }
  }
}

/**
 * The inverse of a positive definite matrix, by its Cholesky factor.
 *
 * @throws Error if the matrix is not positive definite
 */
export function inverseOf(matrix: Matrix): Matrix {
  const { size } = matrix;
  const factor = choleskyOf(matrix);
  const inverse = new Matrix(size);
  const column = new Float64Array(size);
  for (let unit = 0; unit < size; unit++) {
    column.fill(0);
    column[unit] = 1;
    for (let row = unit; row < size; row++) {
      let sum = column[row] as number;
      for (let inner = unit; inner < row; inner++) sum -= factor.at(row, inner) * (column[inner] as number);
      column[row] = sum / factor.at(row, row);
    }
    for (let row = size - 1; row >= 0; row--) {
      let sum = column[row] as number;
      for (let inner = row + 1; inner < size; inner++) sum -= factor.at(inner, row) * (column[inner] as number);
      column[row] = sum / factor.at(row, row);
    }
    for (let row = 0; row < size; row++) inverse.set(row, unit, column[row] as number);
  }
  return inverse;
}

/** The lower triangle L of L·Lᵀ. */
function choleskyOf(matrix: Matrix): Matrix {
  const { size } = matrix;
  const factor = new Matrix(size);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column <= row; column++) {
      let sum = matrix.at(row, column);
      for (let inner = 0; inner < column; inner++) sum -= factor.at(row, inner) * factor.at(column, inner);
      if (row === column && !(sum > 0)) throw new Error('The matrix is not positive definite.');
      factor.set(row, column, row === column ? Math.sqrt(sum) : sum / factor.at(column, column));
    }
  }
  return factor;
}
