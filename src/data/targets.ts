import { ArgumentError } from '../core/errors.ts'
import { mismatch } from '../core/mismatch.ts'
import { type Shape, sizeOf } from '../core/shape.ts'
import type { Values } from './arrays.ts'

/**
 * Checks that labels or class probabilities are valid.
 *
 * @returns number of classes; undefined for other targets
 */
export function checkTargets(
  y: Values,
  shape: Shape,
  given: number | undefined,
  {
    classes,
    ignoreIndex,
  }: { readonly classes: number | undefined; readonly ignoreIndex?: number | undefined },
): number | undefined {
  if (y instanceof Int32Array) {
    return sizeOf(shape) === 1 || given !== undefined
      ? checkLabels(y, sizeOf(shape), classes, ignoreIndex)
      : undefined
  }
  if (given !== undefined) checkProbabilities(y, shape, given)
  return given
}

/** Maximum number of classes for which it is plausible that `y` has fewer labels than there are classes. */
const mostClasses = 1000

const tooMany = (classes: number, count: number): ArgumentError =>
  new ArgumentError(
    `dataset: wanted labels of classes, got the label ${classes - 1} among ${count} labels; did you mean target? ` +
      `If y holds numbers to predict, give target: 'numbers', otherwise classes: ${classes}`,
  )

/** Returns the number of classes. @throws {ArgumentError} when a label is neither a class nor ignored. */
function checkLabels(labels: Int32Array, perExample: number, given?: number, ignoreIndex?: number): number {
  const greatest = (a: number, b: number): number => (b === ignoreIndex ? a : Math.max(a, b))
  const classes = given ?? labels.reduce(greatest, 0) + 1
  if (given === undefined && classes > Math.max(mostClasses, labels.length))
    throw tooMany(classes, labels.length)
  const at = labels.findIndex((label) => label !== ignoreIndex && (label < 0 || label >= classes))
  if (at < 0) return classes
  const got = `${labels[at]} at example ${Math.floor(at / perExample)}`
  const other = labels[at]! < 0 ? "; if y holds numbers to predict, target: 'numbers'" : ''
  throw new ArgumentError(
    `dataset: wanted labels from 0 to ${classes - 1}, got ${got}; ` +
      `if it marks what does not count, give ignoreIndex: ${labels[at]}${other}`,
  )
}

/**
 * @throws {ArgumentError} unless each example has either one float, 0 or 1 (two classes), or floats that sum to
 *   1 over axis 0, the classes.
 */
function checkProbabilities(y: Values, shape: Shape, classes: number): void {
  const fix = 'leave classes out if y holds other numbers'
  const [width = 1] = shape
  if (classes === 2 && width === 1) {
    const at = y.findIndex((value) => value !== 0 && value !== 1)
    if (at >= 0) throw mismatch('dataset', 'y of 0 or 1 for 2 classes', y[at], fix)
    return
  }
  if (width !== classes) throw mismatch('dataset', `${classes} numbers of y, one a class`, width, fix)
  const inner = sizeOf(shape) / classes
  for (let row = 0; row < y.length / classes; row++) {
    let sum = 0
    const first = Math.floor(row / inner) * inner * classes + (row % inner)
    for (let c = 0; c < classes; c++) sum += y[first + c * inner]!
    if (!(Math.abs(sum - 1) < 1e-3)) {
      const got = `${sum} at example ${Math.floor(row / inner)}`
      throw new ArgumentError(`dataset: wanted y that sums to 1 over ${classes} classes, got ${got}; ${fix}`)
    }
  }
}
