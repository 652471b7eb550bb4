import { type NumeralFormat, numeralReader } from '../formats/numerals.ts'

/** Maximum number of texts that are looked at. */
const looked = 1000

const marks: Readonly<Record<string, string>> = {
  ',': 'the comma',
  '.': 'the point',
  ' ': 'the blank',
  "'": 'the apostrophe',
  '\u00a0': 'the no-break space',
  '\u202f': 'the narrow no-break space',
}

const grouped = Object.keys(marks)
const simple: readonly NumeralFormat[] = [
  ...grouped.filter((mark) => mark !== '.').map((thousands) => ({ decimal: '.', thousands })),
  { decimal: ',', thousands: undefined },
]
const both = grouped.filter((mark) => mark !== ',').map((thousands) => ({ decimal: ',', thousands }))

/**
 * Returns advice for texts most of which would be numbers with another decimal point or with groups of digits: which
 * options to give; undefined for other texts, and for codes, some of which begin with 0.
 *
 * @param texts texts that are not missing
 * @param isPlain whether a text is a number as numbers are read now
 */
export function numeralAdvice(
  texts: readonly string[],
  isPlain: (text: string) => boolean,
): string | undefined {
  const some = texts.slice(0, looked)
  const others = some.filter((text) => !isPlain(text))
  if (others.length === 0 || some.some((text) => /^0\d/.test(text))) return undefined
  const fits = (format: NumeralFormat): boolean => {
    const read = numeralReader(format)
    const isNumber = (text: string): boolean => !Number.isNaN(read(text))
    return 2 * some.filter(isNumber).length > some.length && others.some(isNumber)
  }
  const found = simple.filter(fits)
  const [only, other] = found.length > 0 ? found : both.filter(fits)
  if (only === undefined) return undefined
  if (other === undefined) return `give ${optionsOf(only)}`
  return `give ${optionsOf(only)} if ${marks[only.thousands!]} groups digits, or ${optionsOf(other)} if it is the decimal point`
}

function optionsOf({ decimal, thousands }: NumeralFormat): string {
  const point = decimal === '.' ? [] : [`decimal: ${quoted(decimal)}`]
  return [...point, ...(thousands === undefined ? [] : [`thousands: ${quoted(thousands)}`])].join(' and ')
}

/** Returns a character as it is written in code. */
const quoted = (mark: string): string =>
  mark === "'" ? `"'"` : mark > '~' ? `'\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}'` : `'${mark}'`
