import type { Command } from 'commander'
import type { Output } from '../../src/cli/output.ts'

/** Returns a function that runs a command with arguments, and resolves to what it printed, 80 columns wide. */
export const printedBy =
  (command: (output: Output) => Command) =>
  async (...args: string[]): Promise<string> => {
    const parts: string[] = []
    const write = (text: string): void => void parts.push(text)
    await command({ write, columns: 80, color: false, isTerminal: false }).parseAsync(args, { from: 'user' })
    return parts.join('')
  }
