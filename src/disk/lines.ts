import { closeSync, readSync } from '#files'
import { joinBytes } from '../core/bytes.ts'
import { DamagedError } from '../core/errors.ts'
import { onFile } from './fault.ts'
import { openInside } from './inside.ts'

/** Maximum length of a line in bytes, to bound memory. Only damaged files have longer lines. */
const longest = 1 << 26

const lineFeed = 10

/**
 * Yields the lines of a text file inside the folder of a run, without line feeds; nothing if the file does not
 * exist. Reads the file in pieces, so it may be larger than memory.
 *
 * @throws {DamagedError} when a line is longer than 64 MiB.
 */
export function* linesInside(path: string): Generator<string> {
  const file = openInside(path)
  if (file === undefined) return
  const piece = new Uint8Array(1 << 18)
  const text = new TextDecoder('utf-8', { ignoreBOM: true })
  let rest: Uint8Array[] = []
  try {
    for (;;) {
      const size = onFile(path, () => readSync(file, piece, 0, piece.length, null))
      if (size === 0) break
      const last = piece.subarray(0, size).lastIndexOf(lineFeed)
      if (last >= 0) {
        yield* text.decode(joinBytes([...rest, piece.subarray(0, last)])).split('\n')
        rest = []
      }
      rest.push(piece.slice(last + 1, size)) // a copy: the next read overwrites the piece
      checkLength(rest, path)
    }
    const end = text.decode(joinBytes(rest))
    if (end !== '') yield end
  } finally {
    closeSync(file)
  }
}

function checkLength(line: readonly Uint8Array[], path: string): void {
  const length = line.reduce((sum, { length }) => sum + length, 0)
  if (length <= longest) return
  const got = 'one that is longer; the file is damaged'
  throw new DamagedError(`${path}: wanted lines of at most ${longest} bytes, got ${got}`)
}
