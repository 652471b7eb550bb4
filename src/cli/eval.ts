import { Command } from 'commander'
import { open } from '../train/open.ts'
import { checkLoss, checkWeights } from './finite.ts'
import { jsonLine, type Output, terminal } from './output.ts'
import { askedBy, bestOption } from './run.ts'

interface Options {
  readonly best?: true
  readonly json?: true
}

/** `evenstep eval RUN`: evaluates the model of a finished run or a checkpoint on the run's validation data. */
export const evalCommand = (output: Output = terminal()): Command =>
  new Command('eval')
    .description("evaluate a run's model on its validation data")
    .argument('<run>', 'folder of the run, or of one of its checkpoints')
    .addOption(bestOption())
    .option('--json', 'print the metrics as JSON')
    .action(async (folder: string, options: Options) => {
      const run = await open(folder, askedBy(options))
      checkWeights(run)
      const evaluation = await run.evaluate()
      checkLoss(run, evaluation)
      const { metrics, reasons, ...measured } = evaluation
      const all = { ...measured, ...metrics }
      const lines = Object.entries(all).map(([name, value]) => `${name.padEnd(12)} ${text(value)}\n`)
      output.write(options.json ? jsonLine(all) : lines.join(''))
    })

const text = (value: unknown): string =>
  typeof value === 'number' ? value.toFixed(6) : JSON.stringify(value)
