/** Joins words into a command for a POSIX shell, quoting those with special characters. */
export const shellCommand = (words: readonly string[]): string => words.map(quoted).join(' ')

const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`

/** Returns the shell command that runs an evenstep command on a file with settings and other options. */
export const evenstepCommand = (
  command: string,
  file: string,
  set: readonly string[],
  options: Readonly<Record<string, string | number | undefined>> = {},
): string =>
  shellCommand([
    ...['npx', 'evenstep', command, file],
    ...set.flatMap((setting) => ['--set', setting]),
    ...Object.entries(options).flatMap(([name, value]) =>
      value === undefined ? [] : [`--${name}`, String(value)],
    ),
  ])
