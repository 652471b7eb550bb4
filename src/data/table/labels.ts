import { malformed, showValue } from '../../core/mismatch.ts'
import { type Field, type Names, namesOf } from '../dataset.ts'
import { LabelCodes } from '../formats/label-codes.ts'
import { parseNumeral } from '../formats/numerals.ts'
import type { TextStore } from './column-store.ts'
import type { MixedValues } from './table-options.ts'

/** Class indices of a table's rows, and the names of the classes. */
export interface Labels {
  readonly y: Field
  readonly names: Names
}

/**
 * Returns the classes of a column of texts: sorted as numbers if all of them are numbers, otherwise as texts.
 *
 * @param placeOf returns the place of a distinct text in the file, for errors
 * @throws {FormatError} when a text is not one of the given classes, or there are too many.
 */
export function labelsOf(
  file: string,
  store: TextStore,
  { classNames, classes }: Pick<MixedValues, 'classNames' | 'classes'>,
  placeOf: (code: number) => string,
): Labels {
  const labelled = (order: readonly number[], names: Names): Labels => {
    const data = Int32Array.from(store.codes, (code) => order[code]!)
    return { y: { data, shape: [], dtype: 'int32' }, names }
  }
  if (classNames !== undefined || classes !== undefined) {
    const { wanted, classOf } = classReader({ classNames, classes })
    const order = store.texts.map((text, code) => {
      const found = classOf(text)
      if (found !== undefined) return found
      throw malformed(file, `${wanted} at ${placeOf(code)}`, showValue(text))
    })
    return labelled(order, namesOf({ classes: classNames?.length ?? classes, classNames }))
  }
  const codes = new LabelCodes()
  const all = store.texts.map((text) => codes.codeOf(text))
  if (codes.areTooMany) {
    const got = `${codes.size} labels`
    const fix =
      'if the column holds numbers to predict, give it as target; otherwise give classNames or classes'
    throw malformed(file, 'classes in the label column', got, fix)
  }
  const { order, classNames: found, classes: n = found?.length } = codes.classes()
  return labelled(
    all.map((code) => order[code]!),
    namesOf({ classes: n, classNames: found }),
  )
}

/** Returns how to find the class of a text among known classes; undefined for a text that is none of them. */
export function classReader({ classNames, classes = 0 }: Pick<MixedValues, 'classNames' | 'classes'>): {
  readonly wanted: string
  classOf(text: string): number | undefined
} {
  if (classNames !== undefined) {
    const codes = new LabelCodes(classNames)
    return { wanted: `one of ${classNames.join(', ')}`, classOf: (text) => codes.classOf(text) }
  }
  const classOf = (text: string): number | undefined => {
    const number = parseNumeral(text)
    return Number.isInteger(number) && number >= 0 && number < classes ? number : undefined
  }
  return { wanted: `a label from 0 to ${classes - 1}`, classOf }
}
