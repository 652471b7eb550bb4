/** The destination of a command's output. */
export interface Output {
  readonly columns: number
  readonly color: boolean
  /** Whether the last line can be redrawn. */
  readonly isTerminal: boolean
  /** Prints text. Await each call in a long output, which would pile up in memory before a slow reader. */
  write(text: string): void | Promise<void>
}

/** Standard output: as wide as the terminal, or 80 columns; in colour only on a terminal without NO_COLOR. */
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

/** Returns a value as a line of JSON. */
export const jsonLine = (value: unknown): string => `${JSON.stringify(value)}\n`

const clearLine = '\r\u001b[K'

/** A line, such as a progress bar, that is redrawn below the text that is printed. */
export class StatusLine {
  readonly #output: Output

  constructor(output: Output) {
    this.#output = output
  }

  /** Draws the line, cut to the terminal's width. */
  draw(text: string): void {
    this.#output.write(`${clearLine}${text.slice(0, this.#output.columns - 1)}`)
  }

  /** Prints a line of text in place of the status line. */
  print(text: string): void {
    this.clear()
    this.#output.write(`${text}\n`)
  }

  clear(): void {
    if (this.#output.isTerminal) this.#output.write(clearLine)
  }
}
