/**
 * Matches a character that takes two columns of a terminal: East Asian ones, and those that are shown as pictures.
 *
 * Source: Unicode Standard Annex 11, East Asian Width, whose classes W and F are these blocks.
 */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u

/** Matches what has no width of its own, such as an accent that is combined with the letter before it. */
const narrow = /^[\p{Mark}\u200b-\u200d\ufeff]+$/u

/** Splits a text into what readers see as characters, an accent or a skin tone with what it belongs to. */
const characters = new Intl.Segmenter('en', { granularity: 'grapheme' })

const plain = /^[ -~]*$/

/** Returns the number of columns of a terminal that a text takes: two for each wide character, such as 漢. */
export function displayWidth(text: string): number {
  if (plain.test(text)) return text.length
  let columns = 0
  for (const { segment } of characters.segment(text)) columns += widthOf(segment)
  return columns
}

/** Returns the start of a text that takes at most so many columns; no character is split. */
export function cutToColumns(text: string, most: number): string {
  if (plain.test(text)) return text.slice(0, Math.max(0, most))
  let columns = 0
  for (const { segment, index } of characters.segment(text)) {
    columns += widthOf(segment)
    if (columns > most) return text.slice(0, index)
  }
  return text
}

const widthOf = (character: string): number => (narrow.test(character) ? 0 : wide.test(character) ? 2 : 1)
