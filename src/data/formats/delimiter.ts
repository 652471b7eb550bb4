/** Returns the delimiter that the name of a file tells: a tab for `.tsv` and `.tsv.gz`, otherwise a comma. */
const delimiterOf = (path: string): string => (/\.tsv(?:\.gz)?$/i.test(path) ? '\t' : ',')

/** Returns the options of a CSV file, with the delimiter that its name tells unless another is given. */
export function withDelimiter(path: unknown, given: unknown): unknown {
  if (typeof path !== 'string' || Object(given) !== given) return given
  const { delimiter = delimiterOf(path) } = given as { readonly delimiter?: unknown }
  return { ...(given as object), delimiter }
}

/** Returns the options of a CSV file without a delimiter that its name tells, so that they suit other files too. */
export function withoutDelimiter(path: string, options: object): object {
  const { delimiter, ...rest } = options as { readonly delimiter?: unknown }
  return delimiter === undefined || delimiter === delimiterOf(path) ? rest : options
}
