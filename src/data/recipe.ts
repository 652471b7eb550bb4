/** How examples were made from a file, by the functions of this package. */
export interface Recipe {
  /** How a table was read: its options, as plain JSON. */
  readonly table?: Readonly<Record<string, unknown>>
  /** Means and deviations by which `x` was normalized after that, in order. */
  readonly normalized: readonly { readonly mean: readonly number[]; readonly deviation: readonly number[] }[]
}

// Not a field of a data set: one that a caller makes of another by hand has no recipe, since nobody knows what it holds.
const recipes = new WeakMap<object, Recipe>()

/** Returns the recipe of a data set or stream; undefined if it was not made by reading a file. */
export const recipeOf = (source: object): Recipe | undefined => recipes.get(source)

/** Notes how a data set or stream was made, and returns it. Does nothing without a recipe. */
export function withRecipe<S extends object>(source: S, recipe: Recipe | undefined): S {
  if (recipe !== undefined) recipes.set(source, recipe)
  return source
}

/** Returns a table's recipe, from the options that it was read with. */
export const tableRecipe = (options: object): Recipe => ({
  table: JSON.parse(JSON.stringify(options)),
  normalized: [],
})

/** Returns the recipe of examples that were normalized; undefined if nothing is known of them before. */
export const normalizedRecipe = (
  before: Recipe | undefined,
  { mean, deviation }: { readonly mean: Float64Array; readonly deviation: Float64Array },
): Recipe | undefined =>
  before && {
    ...before,
    normalized: [...before.normalized, { mean: Array.from(mean), deviation: Array.from(deviation) }],
  }
