/** How numbers are written in a text. */
export interface NumeralFormat {
  /** Decimal separator. */
  readonly decimal: string
  /** Separator between groups of three digits; undefined if digits are not grouped. */
  readonly thousands: string | undefined
}

const plain: NumeralFormat = { decimal: '.', thousands: undefined }

/**
 * Returns a function that converts a decimal numeral (`-4.5e1`) to a number, and any other text to NaN. Unlike
 * `Number`, it also converts hexadecimal numerals, the empty text and infinities to NaN.
 */
export function numeralReader({ decimal, thousands }: NumeralFormat = plain): (text: string) => number {
  const [point, group] = [decimal, thousands ?? ''].map((c) => c.replace(/\W/g, '\\$&'))
  const whole = thousands === undefined ? '\\d+' : `(?:\\d{1,3}(?:${group}\\d{3})+|\\d+)`
  const numeral = new RegExp(`^[+-]?(?:${whole}(?:${point}\\d*)?|${point}\\d+)(?:[eE][+-]?\\d+)?$`)
  return (text) => {
    if (!numeral.test(text)) return Number.NaN
    const joined = thousands === undefined ? text : text.replaceAll(thousands, '')
    return Number(decimal === '.' ? joined : joined.replace(decimal, '.'))
  }
}

/** Converts a decimal numeral with a point to a number, and any other text to NaN. */
export const parseNumeral: (text: string) => number = numeralReader()

/** Whether a text stands for an infinity: `inf` or `Infinity`, with or without a sign, in any case. */
export const isInfinity = (text: string): boolean => /^[+-]?inf(?:inity)?$/i.test(text)
