import { custom, type Option } from './options.ts'

/** Maximum length of a name in bytes of UTF-8: file systems permit 255, and folders append to it. */
const longest = 100

/** Names of devices on Windows, where no file or folder can have them. */
const devices = /^(?:con|prn|aux|nul|com[1-9]|lpt[1-9])(?:\..*)?$/i

const bytesIn = (text: string): number => new TextEncoder().encode(text).length

/** Whether a text may name a file or folder on any system, and cannot lead out of the folder that it is put in. */
const isFileName = (value: unknown): boolean =>
  typeof value === 'string' &&
  /^[^/\\\p{Cc}\p{Cs}\u2028-\u202e\u2066-\u2069]+$/u.test(value) &&
  !/^[. ]|[. ]$/.test(value) &&
  !devices.test(value) &&
  bytesIn(value) <= longest

/** An option that names runs or studies, and with them their folders. */
export const fileNameOption: Option<string, string | undefined> = custom<string, undefined>(
  `the name of a folder: at most ${longest} bytes, no slash or control character, no dot or space at its ends`,
  isFileName,
  undefined,
  { type: 'string', minLength: 1 },
)

/** Appends to a name, which is shortened if the result would be too long to be a name. */
export function extendedName(name: string, end: string): string {
  let start = [...name]
  while (bytesIn(start.join('') + end) > longest) start = start.slice(0, -1)
  return start.join('').replace(/[. ]+$/, '') + end
}

/** Returns a name like `text`, such as the stem of a file: what a name cannot have is replaced by `_`. */
export function fileNameLike(text: string): string {
  const plain = text.replace(/[/\\\p{Cc}\p{Cs}\u2028-\u202e\u2066-\u2069]|^[. ]|[. ]$/gu, '_') || '_'
  return extendedName(plain, devices.test(plain) ? '_' : '')
}
