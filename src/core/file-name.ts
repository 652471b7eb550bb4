import { custom, type Option } from './options.ts'

/** Maximum length of a name in UTF-8 bytes: file systems permit 255, but folders' names get suffixes. */
const longest = 100

/** Device names that Windows reserves, so that no file or folder can have them. */
const devices = /^(?:con|prn|aux|nul|com[1-9]|lpt[1-9])(?:\..*)?$/i

const bytesIn = (text: string): number => new TextEncoder().encode(text).length

/** Whether a text can name a file or folder on every system, and cannot lead out of the parent folder. */
const isFileName = (value: unknown): boolean =>
  typeof value === 'string' &&
  /^[^/\\\p{Cc}\p{Cs}\u2028-\u202e\u2066-\u2069]+$/u.test(value) &&
  !/^[. ]|[. ]$/.test(value) &&
  !devices.test(value) &&
  bytesIn(value) <= longest

/** Declares an option that names a run or study, and thereby its folder. */
export const fileNameOption: Option<string, string | undefined> = custom<string, undefined>(
  `the name of a folder: at most ${longest} bytes, no slash or control character, no dot or space at its ends`,
  isFileName,
  undefined,
  { type: 'string', minLength: 1 },
)

/** Appends `end` to a name, after shortening the name if the result would be too long for a file name. */
export function extendedName(name: string, end: string): string {
  let start = [...name]
  while (bytesIn(start.join('') + end) > longest) start = start.slice(0, -1)
  return start.join('').replace(/[. ]+$/, '') + end
}

/** Converts a text, such as the stem of a file, to a valid name by replacing invalid characters with `_`. */
export function fileNameLike(text: string): string {
  const plain = text.replace(/[/\\\p{Cc}\p{Cs}\u2028-\u202e\u2066-\u2069]|^[. ]|[. ]$/gu, '_') || '_'
  return extendedName(plain, devices.test(plain) ? '_' : '')
}
