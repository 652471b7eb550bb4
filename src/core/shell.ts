/** Joins words into a command line for a POSIX shell, quoting words that contain special characters. */
export const shellCommand = (words: readonly string[]): string => words.map(quoted).join(' ')

const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`

/** Returns the text of the command `npx evenstep COMMAND FILE`, with `--set` for each setting, and options. */
export const evenstepCommand = (
  command: string,
  file: string,
  set: readonly string[],
  options: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>> = {},
): string =>
  shellCommand([
    ...['npx', 'evenstep', command, file],
    ...set.flatMap((setting) => ['--set', setting]),
    ...Object.entries(options).flatMap(([name, value]) =>
      value === undefined || value === false
        ? []
        : [value].flat().flatMap((one) => [`--${name}`, ...(one === true ? [] : [String(one)])]),
    ),
  ])
