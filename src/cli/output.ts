/** Where a command prints its output, such as the terminal. */
export interface Output {
  readonly columns: number
  readonly color: boolean
  /** Whether a line that was printed last can be overwritten, as a progress bar needs. */
  readonly isTerminal: boolean
  /** Prints text. Await each call in a long output, which would fill the memory if the reader is slow. */
  write(text: string): void | Promise<void>
}

/** Returns standard output: 80 columns if it is not a terminal; coloured if it is one and NO_COLOR is unset. */
export function terminal(): Output {
  const { stdout, env } = process
  return {
    get columns() {
      return stdout.columns || 80
    },
    color: stdout.isTTY === true && !env.NO_COLOR,
    isTerminal: stdout.isTTY === true,
    write: (text) => new Promise((resolve) => stdout.write(text, () => resolve())),
  }
}

/** Returns a value as one line of JSON, with the newline. */
export const jsonLine = (value: unknown): string => `${JSON.stringify(value)}\n`

const clearLine = '\r\u001b[K'

/** A status line, such as a progress bar: it is redrawn in place, and always below the text that is printed. */
export class StatusLine {
  readonly #output: Output

  constructor(output: Output) {
    this.#output = output
  }

  /** Replaces the status line with this text, cut to the width of the output. */
  draw(text: string): void {
    this.#output.write(`${clearLine}${text.slice(0, this.#output.columns - 1)}`)
  }

  /** Erases the status line, and prints a line of text where it was. */
  print(text: string): void {
    this.clear()
    this.#output.write(`${text}\n`)
  }

  clear(): void {
    if (this.#output.isTerminal) this.#output.write(clearLine)
  }
}
