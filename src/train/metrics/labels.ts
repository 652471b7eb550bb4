import { ArgumentError } from '../../core/errors.ts'
import { boolean, custom } from '../../core/options.ts'
import { type Shape, showShape, sizeOf } from '../../core/shape.ts'
import { targetFormOf } from './form.ts'
import { type Predictions, rowWeights } from './metric.ts'

/** A classifier's predictions after validation: one row for each label that is not ignored. */
export interface ClassScores {
  /** Number of classes, at least 2: the number of columns, or 2 if there is one column. */
  readonly classes: number
  /** Label of each row; for soft targets, the class of the highest probability. */
  readonly labels: Int32Array
  /** Number of scores per label: one per class, or 1, the logit of class 1. */
  readonly columns: number
  /** Scores of all rows, row by row. */
  readonly scores: ArrayLike<number>
  /** One-hot or soft targets, row by row; undefined if the targets are labels. */
  readonly soft: ArrayLike<number> | undefined
  /** Returns the weight of a row's example. */
  weightOf(row: number): number
}

/**
 * Validates a classifier's predictions and converts them to labels and rows of scores, whatever the form of the
 * targets. Leaves out labels equal to `ignoreIndex`.
 *
 * @throws {ArgumentError} when the shapes of output and target do not match, a label is not a class index, or soft
 *   targets do not sum to 1.
 */
export function classScores(who: string, predictions: Predictions): ClassScores {
  const { output, target } = shapesOf(who, predictions)
  const form = targetFormOf(output, target)
  if (form === undefined) throw misfitting(who, output, target)
  const columns = form === 'logit' ? 1 : output[1]!
  const scores = form === 'logit' ? predictions.output : classesLast(predictions.output, output)
  if (form === 'alike') {
    const soft = classesLast(predictions.target, target)
    checkSums(who, soft, columns)
    const labels = Int32Array.from({ length: soft.length / columns }, (_, i) => argMax(soft, i, columns))
    const weightOf = rowWeights(predictions, labels.length)
    return { classes: columns, labels, columns, scores: scores as ArrayLike<number>, soft, weightOf }
  }
  return counted(who, columns, scores as ArrayLike<number>, predictions)
}

/** Returns the rows of scores and their labels, without those that are ignored. */
function counted(
  who: string,
  columns: number,
  scores: ArrayLike<number>,
  predictions: Predictions,
): ClassScores {
  const { target, ignoreIndex } = predictions
  const classes = Math.max(2, columns)
  const labels = Int32Array.from(target as ArrayLike<number>, Number)
  const isIgnored = (label: number): boolean => ignoreIndex !== undefined && label === ignoreIndex
  const at = labels.findIndex(
    (label, i) => !isIgnored(label) && (label < 0 || label >= classes || label !== Number(target[i])),
  )
  if (at >= 0) {
    throw new ArgumentError(
      `${who}: wanted labels from 0 to ${classes - 1}, got ${target[at]}; of numbers, measure train.metrics.mae()`,
    )
  }
  const weightOf = rowWeights(predictions, labels.length)
  const all = { classes, labels, columns, scores, soft: undefined, weightOf }
  if (!labels.some(isIgnored)) return all
  const kept = Array.from(labels.keys()).filter((i) => !isIgnored(labels[i]!))
  const row = (i: number): number => kept[Math.floor(i / columns)]! * columns + (i % columns)
  return {
    ...all,
    labels: Int32Array.from(kept, (i) => labels[i]!),
    scores: Float64Array.from({ length: kept.length * columns }, (_, i) => scores[row(i)]!),
    weightOf: (i) => weightOf(kept[i]!),
  }
}

/** Option `multilabel`, for metrics that support several labels per example. */
export const multilabelOption = {
  /**
   * Whether an example may have several labels at once: targets are then `[n, labels, …]` of 0 and 1, and the output
   * has one logit per label. @default false
   */
  multilabel: boolean(false),
}

/** Declares the option of metrics that are a fraction, which may be 0/0. */
export const zeroDivisionOption = {
  /**
   * Value for 0/0, such as the precision of a class never predicted, or the recall of one without examples;
   * averages omit `nan`. @default 0
   */
  zeroDivision: custom<0 | 1 | 'nan'>(
    "0, 1 or 'nan'",
    (value) => [0, 1, 'nan'].some((one) => one === value),
    0,
  ),
}

/** Scores and targets of examples with several labels at once, row by row. */
export interface LabelScores {
  /** Number of labels in a row. */
  readonly columns: number
  readonly scores: ArrayLike<number>
  /** 1 where the label applies, 0 where it does not, and −1 where it is ignored. */
  readonly truth: Int8Array
  /** Returns the weight of a row's example. */
  weightOf(row: number): number
}

/**
 * Validates predictions for several labels at once, `[n, labels, …]`, and converts them to rows.
 *
 * @throws {ArgumentError} when output and target differ in shape, or a target is neither 0 nor 1 nor `ignoreIndex`.
 */
export function labelScores(who: string, predictions: Predictions): LabelScores {
  const { output, target } = shapesOf(who, predictions)
  const { ignoreIndex } = predictions
  const form = targetFormOf(output, target)
  if (form !== 'alike' && form !== 'logit') {
    throw new ArgumentError(
      `${who}: wanted a target for each score as multilabel asks, got targets of ${showShape(target)} for ` +
        `scores of ${showShape(output)}`,
    )
  }
  const columns = form === 'logit' ? 1 : output[1]!
  const given = form === 'logit' ? predictions.target : classesLast(predictions.target, target)
  const scores = form === 'logit' ? predictions.output : classesLast(predictions.output, output)
  const truth = Int8Array.from(given as ArrayLike<number>, (value) => {
    const number = Number(value)
    if (number === ignoreIndex) return -1
    if (number === 0 || number === 1) return number
    throw new ArgumentError(`${who}: wanted targets of 0 or 1 as multilabel asks, got ${number}`)
  })
  const weightOf = rowWeights(predictions, truth.length / columns)
  return { columns, scores: scores as ArrayLike<number>, truth, weightOf }
}

/** Returns the shapes of output and target; if not given, infers them from the numbers of elements. */
export function shapesOf(
  who: string,
  { output, target, length, shapes }: Predictions,
): NonNullable<Predictions['shapes']> {
  if (shapes) return shapes
  const [columns, positions] = [output.length / target.length, target.length / length]
  if (!Number.isInteger(columns) || columns < 1 || !Number.isInteger(positions)) {
    throw new ArgumentError(
      `${who}: wanted a row of scores for each label, got ${output.length} scores for ${target.length} labels`,
    )
  }
  const rest = positions === 1 ? [] : [positions]
  return {
    output: columns === 1 ? [length, ...rest] : [length, columns, ...rest],
    target: [length, ...rest],
  }
}

function misfitting(who: string, output: Shape, target: Shape): ArgumentError {
  const [n, ...rest] = target
  const wanted = `[${[n, 'classes', ...rest].join(', ')}]`
  return new ArgumentError(
    `${who}: wanted scores of ${wanted} for labels of ${showShape(target)}, got ${showShape(output)}; ` +
      'put the classes on axis 1',
  )
}

/** Checks that each row of targets sums to 1, up to float16 rounding. @throws {ArgumentError} when one does not. */
function checkSums(who: string, soft: ArrayLike<number>, columns: number): void {
  for (let first = 0; first < soft.length; first += columns) {
    let sum = 0
    for (let c = first; c < first + columns; c++) sum += soft[c]! < 0 ? Number.NaN : soft[c]!
    if (Math.abs(sum - 1) < 1e-3) continue
    const row = Array.from({ length: columns }, (_, c) => soft[first + c]!)
    throw new ArgumentError(
      `${who}: wanted targets that sum to 1 over the classes, as one-hot and soft targets do, got ${JSON.stringify(row)}; ` +
        'of several labels at once, measure precision, recall, f1, accuracy, rocAuc or averagePrecision with { multilabel: true }',
    )
  }
}

/** Moves axis 1 to the end: converts `[n, classes, …]` to rows of `classes` numbers. */
function classesLast(data: Predictions['output'], [, classes = 1, ...rest]: Shape): ArrayLike<number> {
  const values = data instanceof BigInt64Array ? Float64Array.from(data, Number) : data
  const inner = sizeOf(rest)
  if (inner === 1) return values
  return Float64Array.from(values, (_, i) => {
    const [row, c] = [Math.floor(i / classes), i % classes]
    const example = Math.floor(row / inner)
    return values[(example * classes + c) * inner + (row % inner)]!
  })
}

/**
 * Returns the predicted class of a row of scores: the highest-scoring one. Ties go to the lowest class index;
 * NaN counts as the highest score, as in PyTorch's `argmax`. A single logit predicts class 1 if it is positive,
 * else class 0.
 */
export function classOf({ columns, scores }: ClassScores, row: number): number {
  if (columns === 1) return scores[row]! > 0 ? 1 : 0
  return argMax(scores, row, columns)
}

function argMax(values: ArrayLike<number>, row: number, columns: number): number {
  const first = row * columns
  let best = 0
  for (let c = 1; c < columns && !Number.isNaN(values[first + best]!); c++) {
    if (!(values[first + c]! <= values[first + best]!)) best = c
  }
  return best
}
