import { Command } from 'commander'
import { jsonLine, type Output, terminal } from './output.ts'
import { loadRun } from './run.ts'

/** `evenstep eval RUN`: evaluates the model of a finished run on its validation data. */
export const evalCommand = (output: Output = terminal()): Command =>
  new Command('eval')
    .description("evaluate a run's model on its validation data")
    .argument('<run>', 'folder of the run')
    .option('--json', 'print the metrics as JSON')
    .action(async (run: string, { json }: { readonly json?: true }) => {
      const { experiment, task } = await loadRun(run)
      const { metrics, reasons, ...measured } = await task.evaluate(experiment.data.validation, {
        batchSize: experiment.batchSize,
      })
      const all = { ...measured, ...metrics }
      const lines = Object.entries(all).map(([name, value]) => `${name.padEnd(12)} ${text(value)}\n`)
      output.write(json ? jsonLine(all) : lines.join(''))
    })

const text = (value: unknown): string =>
  typeof value === 'number' ? value.toFixed(6) : JSON.stringify(value)
