import { crc32 } from 'node:zlib'
import { jsonIn } from '../../core/json.ts'

/** Matches the checksum at the end of a JSON object's text. */
const ending = /,"crc32":(\d+)\}$/

/**
 * Returns an object as JSON whose last field is `crc32`, a checksum of the rest, so that a change of a single digit
 * does not go unnoticed.
 *
 * @param place text that is part of the checksum, such as the row to which the JSON belongs
 */
export function withChecksum(value: object, place: string = ''): string {
  const json = JSON.stringify(value)
  return `${json.slice(0, -1)},"crc32":${crc32(place + json)}}`
}

/**
 * Parses JSON that `withChecksum` returned, or JSON without a checksum, as older versions of Evenstep wrote it.
 *
 * @returns the object without its checksum; undefined when the text is not JSON or has another checksum
 */
export function checkedJson(text: string, place: string = ''): unknown {
  const found = ending.exec(text)
  if (found === null) return jsonIn(text)
  const json = `${text.slice(0, found.index)}}`
  return crc32(place + json) === Number(found[1]) ? jsonIn(json) : undefined
}
