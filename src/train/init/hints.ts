import type { Told } from './told.ts'

/** Maps a hint of a function that reads a table to what `evenstep init` can be told instead. */
type Hint = readonly [wanted: RegExp, instead: (found: string, told: Told) => string]

const ignore = (column: string): string => `leave the column out with --ignore ${word(column)}`
const count = 'count the text as missing with --na TEXT'

const hints: readonly Hint[] = [
  [/give delimiter: .* and skip: \d+$/, () => 'remove that line'],
  [/give delimiter: ('.*')$/, (delimiter) => `give --delimiter ${delimiter}`],
  [/check delimiter$/, () => 'check --delimiter'],
  [/leave such rows out with missing: 'drop'$/, () => 'leave such rows out with --missing drop'],
  [
    /tell its kind, as in columns: \{ (".*"): 'category' \}, or add the text to naValues$/,
    (column) => `${ignore(column)}, or ${count}`,
  ],
  [
    /add texts that mean missing to naValues$/,
    (_, { target }) => `to predict classes, use --label ${word(JSON.stringify(target))}, or ${count}`,
  ],
  [/leave it out with columns: \{ (".*"): 'ignore' \}$/, ignore],
  [
    /if the column holds numbers to predict, give it as target; otherwise .*$/,
    (_, { label }) => `if it holds numbers to predict, use --target ${word(JSON.stringify(label))}`,
  ],
  [
    /if the file has no header, give header.*$/,
    () => 'if the file has no names of columns, give --no-header',
  ],
  [/rename one, or replace all names with header.*$/, () => 'rename one'],
  [/(?:give its encoding, such as .*|check encoding|UTF-16 needs an encoding)$/, () => 'save it as UTF-8'],
  [
    /give ((?:thousands|decimal): .*)$/,
    (options) =>
      `give ${options.replace(/; if the texts are no numbers,.*/, '').replace(/\b(thousands|decimal): /g, '--$1 ')}`,
  ],
  [/keep one, as in columns: .*$/, () => 'ignore fewer columns, or add others to the file'],
]

/** Returns a JSON string as a word of a command line, in quotes only if it needs them. */
const word = (json: string): string => (/^"[\w.-]+"$/.test(json) ? json.slice(1, -1) : json)

/**
 * Returns the message of an error of reading a table, with a hint that the command line of `evenstep init` can take;
 * undefined if there is none for it.
 */
export function toldHint(message: string, told: Told): string | undefined {
  for (const [wanted, instead] of hints) {
    const found = new RegExp(`(?<=; )${wanted.source}`).exec(message)
    if (found) return message.slice(0, found.index) + instead(found[1] ?? '', told)
  }
  return undefined
}
