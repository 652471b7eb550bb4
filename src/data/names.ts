import { custom, integer, list, type Option, type OptionsOf, type ValuesOf } from '../core/options.ts'

/** Whether a value is a list of strings. */
export const areTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string')

/** Declares an option whose value is a list of strings. */
export const texts = custom<readonly string[]>('a list of texts', areTexts)

/** Declares an option that is a number of classes: at most 2³¹, since labels are int32. */
export const classCount: Option<number, number | undefined> = integer({ min: 1, limit: 2 ** 31 })

/** Options for the number and names of classes, and the names of features. */
export const nameOptions = {
  /** Number of classes, if `y` holds labels (0 … classes − 1) or class probabilities for each example. */
  classes: classCount,
  /** Names of the classes 0, 1, …, in order. */
  classNames: texts,
  /** Names of the elements of an example's `x`, in order. */
  featureNames: texts,
  /** Number of categories of each element of `x` that is a category's code, 0 for other elements. @default all 0 */
  categories: list(integer({ min: 0 })) as Option<readonly number[], readonly number[] | undefined>,
  /** Label to ignore, such as a padding label: often −100 or 255. Give it to the loss, too. @default none */
  ignoreIndex: integer(),
}

/** Number of classes, class names, ignored label and feature names of a data set; absent if unknown. */
export interface Names extends OptionsOf<typeof nameOptions> {}

/** Values of `nameOptions`, any of which may be absent. */
export type NameValues = Partial<ValuesOf<typeof nameOptions>>

/** Copies the fields of `Names` from an object, leaving out those that are undefined. */
export const namesOf = ({ classes, classNames, ignoreIndex, ...features }: NameValues): Names => ({
  ...(classes !== undefined && { classes }),
  ...(ignoreIndex !== undefined && { ignoreIndex }),
  ...(classNames !== undefined && { classNames }),
  ...(features.featureNames !== undefined && { featureNames: features.featureNames }),
  ...(features.categories !== undefined && { categories: features.categories }),
})
