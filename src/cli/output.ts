/** Where a command prints its output, such as the terminal. */
export interface Output {
  readonly columns: number
  readonly color: boolean
  /** Whether the output is a terminal, in which a line can be overwritten, as a progress bar needs. */
  readonly isTerminal: boolean
  /** Prints text. Await each call in long outputs, or text that a slow reader has not read will fill memory. */
  write(text: string): void | Promise<void>
}

/** Returns standard output: coloured if a terminal and NO_COLOR is unset; 80 columns wide if no terminal. */
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

/** Returns a value as one line of JSON that ends with a newline. */
export const jsonLine = (value: unknown): string => `${JSON.stringify(value)}\n`

const clearLine = '\r\u001b[K'

/** A status line, such as a progress bar, that is redrawn in place and stays below all printed text. */
export class StatusLine {
  readonly #output: Output

  constructor(output: Output) {
    this.#output = output
  }

  /** Replaces the text of the status line; the text is cut to the width of the output. */
  draw(text: string): void {
    this.#output.write(`${clearLine}${text.slice(0, this.#output.columns - 1)}`)
  }

  /** Erases the status line, and prints a line of text in its place. */
  print(text: string): void {
    this.clear()
    this.#output.write(`${text}\n`)
  }

  clear(): void {
    if (this.#output.isTerminal) this.#output.write(clearLine)
  }
}
