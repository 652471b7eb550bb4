import { ArgumentError } from '../core/errors.ts'
import { mismatch } from '../core/mismatch.ts'
import { showTensor } from '../core/shape.ts'
import type { FieldSpec } from '../data/dataset.ts'
import type { Source, Sources } from '../data/stream.ts'

/** @throws {ArgumentError} when the parts of an experiment's data have other classes, features or shapes than each other. */
export function checkParts({ train, validation, test = validation }: Sources): void {
  for (const [part, source] of Object.entries({ validation, test })) {
    const data = `the ${part} data`
    checkNames(`class %d of ${data}`, 'classNames', train.classNames, source.classNames)
    checkNames(`feature %d of ${data}`, 'features', train.featureNames, source.featureNames)
  }
  checkTensors('the validation data', train, validation)
  const shown = ({ x, y, classes }: Source): string =>
    `x ${shownField(x)} and y ${shownField(y)}${classes === undefined ? '' : ` of ${classes} classes`}`
  if (shown(test) === shown(validation)) return
  throw new ArgumentError(
    `experiment: wanted test data like the validation data, ${shown(validation)}, got ${shown(test)}`,
  )
}

/** @throws {ArgumentError} when data have other named tensors than the training data, or others of another shape. */
export function checkTensors(what: string, train: Source, source: Source): void {
  for (const name of ['x', 'y'] as const) {
    const [wanted, got] = [shownField(train[name]), shownField(source[name])]
    if (!(train[name].tensors || source[name].tensors) || wanted === got) continue
    throw new ArgumentError(
      `experiment: wanted ${name} of ${what} like that of the training data, ${wanted}, got ${got}`,
    )
  }
}

/** Shows the shape and element type of a field or, of a record, of each of its tensors by name. */
export const shownField = (field: FieldSpec): string =>
  field.tensors
    ? Object.entries(field.tensors)
        .map(
          ([name, one]) =>
            `${name} ${showTensor(one)}${one.classes === undefined ? '' : ` of ${one.classes} classes`}`,
        )
        .join(', ')
    : showTensor(field)

type Names = readonly string[] | undefined

/** Checks names of which both parts have some. @param what says what is named, with %d for its index */
function checkNames(what: string, option: string, train: Names, names: Names): void {
  if (train === undefined || names === undefined || train === names) return
  const length = Math.max(train.length, names.length)
  const at = Array.from({ length }, (_, i) => i).find((i) => train[i] !== names[i])
  if (at === undefined) return
  const wanted = `${what.replace('%d', String(at))} to be that of the training data, ${train[at] ?? 'none'}`
  throw mismatch('experiment', wanted, names[at], `give all parts the same ${option}`)
}
