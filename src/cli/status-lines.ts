import { cutToColumns } from '../core/columns.ts'
import { visible } from '../core/text.ts'
import { type Output, terminalCode } from './output.ts'

const [lineStart, eraseLine, eraseBelow] = ['[G', '[K', '[J'].map(terminalCode)

/** Status lines, such as a progress bar, that are redrawn in place and stay below all printed text. */
export class StatusLines {
  readonly #output: Output

  constructor(output: Output) {
    this.#output = output
  }

  /**
   * Replaces the status lines; each is cut to the width of the output. Each line is written over the one before it, and only
   * what is left of that is erased: nothing flickers. Afterwards the cursor is where it was, at the start of the first line.
   */
  draw(...lines: readonly string[]): void {
    const { columns } = this.#output
    // A tabulator or a line feed in a setting would move what follows.
    const shown = lines.map((line) => cutToColumns(visible(line).replaceAll(/[\t\n]/g, ' '), columns - 1))
    const back = lines.length > 1 ? terminalCode(`[${lines.length - 1}A`) : ''
    this.#output.write(`${lineStart}${shown.join(`${eraseLine}\n`)}${eraseBelow}${back}${lineStart}`)
  }

  /** Erases the status lines, and prints a line of text in their place. */
  print(text: string): void {
    this.clear()
    this.#output.write(`${text}\n`)
  }

  clear(): void {
    if (this.#output.isTerminal) this.#output.write(`${lineStart}${eraseBelow}`)
  }
}
