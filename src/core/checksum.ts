import { crc32 } from '#platform'
import { jsonIn } from './json.ts'

/** Matches the checksum at the end of a JSON object's text. */
const ending = /,\s*"crc32":\s?(\d+)\s*\}\s*$/

/**
 * Returns an object as JSON whose last field is `crc32`, a checksum of the text before it, so that a change of a single
 * digit does not go unnoticed.
 *
 * @param place text that is part of the checksum, such as the row to which the JSON belongs
 * @param indent number of blanks by which fields are indented, each on a line of its own. @default 0: all on one line
 */
export function withChecksum(value: object, place: string = '', indent: number = 0): string {
  const text = JSON.stringify(value, null, indent).replace(/\s*\}$/, '')
  const [line, blank] = indent > 0 ? [`\n${' '.repeat(indent)}`, ' '] : ['', '']
  return `${text},${line}"crc32":${blank}${crc32(place + text)}${indent > 0 ? '\n' : ''}}`
}

/**
 * Parses JSON that `withChecksum` returned, or JSON without a checksum, as older versions of Evenstep wrote it.
 *
 * @returns the value without its checksum; undefined when the text is not JSON or has another checksum
 */
export function checkedJson(text: string, place: string = ''): unknown {
  const found = ending.exec(text)
  if (found === null) return jsonIn(text)
  const before = text.slice(0, found.index)
  return crc32(place + before) === Number(found[1]) ? jsonIn(`${before}}`) : undefined
}
