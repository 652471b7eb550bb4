import { randomUUID } from 'node:crypto'
import { visible } from '../core/text.ts'

interface WriteOptions {
  /** Whether the text is for programs: it is then written unchanged, unless to a terminal. @default false */
  readonly isData?: boolean
}

/** Where a command prints its output, such as the terminal. */
export interface Output {
  readonly columns: number
  readonly color: boolean
  /** Whether the output is a terminal, in which a line can be overwritten, as a progress bar needs. */
  readonly isTerminal: boolean
  /**
   * Prints a text in the form that `printable` returns. In long outputs, await each call; otherwise text that a
   * slow reader has not yet read will fill memory.
   */
  write(text: string, options?: WriteOptions): void | Promise<void>
}

/**
 * Returns standard output: coloured if a terminal and NO_COLOR is unset; 80 columns wide if no terminal. The log of
 * continuous integration, which sets CI, and a terminal without codes (TERM is dumb) are no terminals to redraw lines in.
 */
export function terminal(): Output {
  const { stdout, env } = process
  return {
    get columns() {
      return stdout.columns || 80
    },
    color: stdout.isTTY === true && !env.NO_COLOR,
    isTerminal: stdout.isTTY === true && !env.CI && env.TERM !== 'dumb',
    write: (text, { isData = false } = {}) => {
      const shown = isData && !stdout.isTTY ? text : printable(text)
      return new Promise((resolve) => stdout.write(shown, () => resolve()))
    },
  }
}

/** Returns a value as one line of JSON that ends with a newline. */
export const jsonLine = (value: unknown): string => `${JSON.stringify(value)}\n`

/** Returns one of our own terminal codes, such as `[K`, which erases to the end of the line. */
export const terminalCode = (code: string): string => `${own}${code}`

/** Beginning of our own terminal codes: random in each process, so that no text from outside can contain it. */
const own = `<${randomUUID()}>`

/** Returns a text in the colour with the given ANSI code. */
export const painted = (text: string, code: number): string => `${own}[${code}m${text}${own}[0m`

/** Returns a text for a terminal, in which our own codes take effect and all other control codes are shown. */
export const printable = (text: string): string => visible(text).replaceAll(own, '\u001b')

/** Prints a line on stderr. */
export const printNote = (line: string): void => void process.stderr.write(`${printable(line)}\n`)
