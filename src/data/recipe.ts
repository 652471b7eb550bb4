import { withoutDelimiter } from './formats/delimiter.ts'
import type { TableEncoding } from './table/encoding.ts'

/** How this package made examples from a file: how it read the file, and then normalized `x`. */
export interface Recipe {
  /** Options with which a table (CSV or Parquet) was read, as plain JSON. */
  readonly table?: Readonly<Record<string, unknown>>
  /** Number of columns of a CSV file without names; absent if its columns have names, or are encoded. */
  readonly width?: number
  /** Height and width in pixels, and number of channels, to which images of a folder were brought. */
  readonly images?: { readonly size: readonly [number, number]; readonly channels: 1 | 3 }
  /** Encoding of the rows of a mixed table (see `data.table`), which was learnt from the training part. */
  readonly encoding?: TableEncoding
  /** Encodings of those of several inputs that are the rows of a mixed table, by the inputs' names. */
  readonly encodings?: Readonly<Record<string, TableEncoding>>
  /** Means and standard deviations by which `x` was then normalized, one entry per normalization, in order. */
  readonly normalized: readonly Normalized[]
}

/** A normalization of `x` or, of several inputs, of the one named `input`. */
interface Normalized {
  readonly mean: readonly number[]
  readonly deviation: readonly number[]
  readonly input?: string
}

// Not a field of the data set, as a data set that a caller copies from another by hand must not copy the recipe.
const recipes = new WeakMap<object, Recipe>()

/** Returns the recipe of a data set or stream; undefined if it was not made by reading a file. */
export const recipeOf = (source: object): Recipe | undefined => recipes.get(source)

/** Records how `source`, a data set or stream, was made, unless `recipe` is undefined. @returns `source` */
export function withRecipe<S extends object>(source: S, recipe: Recipe | undefined): S {
  if (recipe !== undefined) recipes.set(source, recipe)
  return source
}

/** Returns the recipe of a table that was read with these options from a file of this name. @param width see `Recipe` */
export const tableRecipe = (name: string, options: object, width?: number): Recipe => ({
  table: JSON.parse(JSON.stringify(withoutDelimiter(name, options))),
  ...(width !== undefined && { width }),
  normalized: [],
})

/** Returns a recipe with one more normalization; undefined if the recipe `before` it is not known. */
export const normalizedRecipe = (
  before: Recipe | undefined,
  {
    mean,
    deviation,
    input,
  }: { readonly mean: Float64Array; readonly deviation: Float64Array; readonly input?: string | undefined },
): Recipe | undefined =>
  before && {
    ...before,
    normalized: [
      ...before.normalized,
      { mean: Array.from(mean), deviation: Array.from(deviation), ...(input !== undefined && { input }) },
    ],
  }

/** Returns the recipe of several inputs by name: the encoding and the normalizations of each. */
export function recordRecipe(
  inputs: Readonly<Record<string, { readonly recipe?: Recipe | undefined }>>,
): Recipe {
  const each = Object.entries(inputs)
  const encodings = each.flatMap(([input, { recipe }]) =>
    recipe?.encoding ? [[input, recipe.encoding] as const] : [],
  )
  const normalized = each.flatMap(([input, { recipe }]) =>
    (recipe?.normalized ?? []).map((one) => ({ ...one, input })),
  )
  return { ...(encodings.length > 0 && { encodings: Object.fromEntries(encodings) }), normalized }
}
