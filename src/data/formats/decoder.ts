import { joinBytes } from '../../core/bytes.ts'
import { foreignFormat } from '../../core/foreign-format.ts'
import { malformed } from '../../core/mismatch.ts'
import { custom } from '../../core/options.ts'

/** Declares an option that is the label of a text encoding, as the WHATWG Encoding Standard lists them. */
export const encodingOption = custom<string>(
  "a label of the Encoding Standard, such as 'utf-8', 'windows-1252' or 'utf-16le'",
  (value) => typeof value === 'string' && isLabel(value),
)

function isLabel(label: string): boolean {
  try {
    return new TextDecoder(label) !== undefined
  } catch {
    return false // a RangeError: the platform has no such encoding
  }
}

/** Maximum number of bytes in a line; a file with a longer one is probably not a table. */
const maxLine = 1 << 26

/**
 * Decodes the bytes of a text file, which may come in pieces, cut anywhere. A byte-order mark decides between
 * UTF-8 and UTF-16; without one, the given encoding applies, or UTF-8. The mark itself is left out.
 */
export class Decoder {
  readonly #name: string
  #encoding: string | undefined
  #decoder: InstanceType<typeof TextDecoder> | undefined
  /** Bytes after the last complete line. */
  #rest: Uint8Array = new Uint8Array(0)
  /** Name of the encoding, once bytes invalid in that encoding were found after the text returned so far. */
  failed: string | undefined

  constructor(name: string, encoding?: string) {
    this.#name = name
    this.#encoding = encoding
  }

  /** Takes the next bytes, and returns the text of all lines that they complete. */
  push(bytes: Uint8Array): string {
    const all = this.#rest.length === 0 ? bytes : joinBytes([this.#rest, bytes])
    const start = this.#decoder === undefined && all.length >= signature ? this.#start(all) : 0
    const end = this.#decoder === undefined ? 0 : this.#lineEnd(all)
    this.#rest = Uint8Array.from(all.subarray(Math.max(start, end))) // copied, since `bytes` may be reused
    if (this.#rest.length > maxLine) {
      throw malformed(this.#name, 'lines of text', `one of over ${maxLine} bytes`)
    }
    return end > start ? this.#decode(all.subarray(start, end)) : ''
  }

  /** Returns the text of the last line, if it has no line end. */
  end(): string {
    const rest = this.#rest
    const start = this.#decoder === undefined ? this.#start(rest) : 0
    this.#rest = new Uint8Array(0)
    return this.#decode(rest.subarray(start))
  }

  /** Chooses the encoding by the file's first bytes; returns the length of the byte-order mark. */
  #start(bytes: Uint8Array): number {
    const other = isWide32(bytes) ? utf32 : foreignFormat(bytes, ['empty', 'text'])
    if (other !== undefined) throw malformed(this.#name, 'text', other.got, other.fix)
    const mark = marks.find(({ starts }) => starts.every((byte, i) => bytes[i] === byte))
    this.#encoding = mark?.encoding ?? this.#encoding
    if (this.#encoding === undefined) this.#checkWide(bytes)
    this.#encoding ??= 'utf-8'
    this.#decoder = this.#newDecoder()
    return mark?.starts.length ?? 0
  }

  /** @throws {FormatError} when the bytes begin with two ASCII characters in UTF-16, as no UTF-8 text does. */
  #checkWide([a, b, c, d]: Uint8Array): void {
    const isLittle = a !== 0 && b === 0 && c !== 0 && d === 0
    const isBig = a === 0 && b !== 0 && c === 0 && d !== 0
    if (!isLittle && !isBig) return
    const fix = `give encoding: '${isLittle ? 'utf-16le' : 'utf-16be'}'`
    throw malformed(this.#name, 'UTF-8', 'UTF-16 without a byte-order mark', fix)
  }

  #newDecoder(): InstanceType<typeof TextDecoder> {
    return new TextDecoder(this.#encoding, { fatal: true, ignoreBOM: true })
  }

  /** Returns the index after the last line end, where no character of several bytes can be cut in two. */
  #lineEnd(bytes: Uint8Array): number {
    const { encoding } = this.#decoder!
    if (!encoding.startsWith('utf-16')) return 1 + Math.max(bytes.lastIndexOf(10), bytes.lastIndexOf(13))
    const [low, high] = encoding === 'utf-16le' ? [0, 1] : [1, 0]
    for (let at = bytes.length - (bytes.length % 2) - 2; at >= 0; at -= 2) {
      if (bytes[at + high] === 0 && (bytes[at + low] === 10 || bytes[at + low] === 13)) return at + 2
    }
    return 0
  }

  #decode(bytes: Uint8Array): string {
    try {
      return this.#mapped(this.#decoder!.decode(bytes))
    } catch {
      this.failed = this.#decoder!.encoding.toUpperCase()
      return this.#validPart(bytes)
    }
  }

  /** Returns the text before the first invalid byte, which it finds by bisection. */
  #validPart(bytes: Uint8Array): string {
    let [good, bad] = [0, bytes.length + 1] // a prefix of `bad` bytes is invalid, one of `good` is not
    let text = ''
    while (bad - good > 1) {
      const middle = (good + bad) >> 1
      try {
        text = this.#newDecoder().decode(bytes.subarray(0, middle), { stream: true })
        good = middle
      } catch {
        bad = middle
      }
    }
    return this.#mapped(text)
  }

  /** Corrects a text from Node 20, which decodes bytes 0x80 to 0x9F of windows-1252 as in ISO 8859-1. */
  #mapped(text: string): string {
    if (this.#decoder!.encoding !== 'windows-1252') return text
    return text.replace(/[\x80-\x9f]/g, (c) => windows1252[c.charCodeAt(0) - 0x80]!)
  }
}

/** Characters 0x80 to 0x9F of windows-1252. Source: https://encoding.spec.whatwg.org/#legacy-single-byte */
const windows1252 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ'

/** Number of bytes at the start of a file by which its encoding, and most formats, are recognized. */
const signature = 8

const utf32 = { got: 'UTF-32', fix: 'save it as UTF-8' }

/** Whether a file begins with the byte-order mark of UTF-32. */
const isWide32 = ([a, b, c, d]: Uint8Array): boolean =>
  (a === 0xff && b === 0xfe && c === 0 && d === 0) || (a === 0 && b === 0 && c === 0xfe && d === 0xff)

const marks = [
  { starts: [0xef, 0xbb, 0xbf], encoding: 'utf-8' },
  { starts: [0xff, 0xfe], encoding: 'utf-16le' },
  { starts: [0xfe, 0xff], encoding: 'utf-16be' },
]
