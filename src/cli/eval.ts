import { Command } from 'commander'
import { type Output, terminal } from './output.ts'
import { loadRun } from './run.ts'

/** `evenstep eval RUN`: measures a run's model on its validation data. */
export function evalCommand(output: Output = terminal()): Command {
  return new Command('eval')
    .description("measure a run's model on its validation data")
    .argument('<run>', 'the folder of the run')
    .option('--json', 'print the measurements as JSON')
    .action(async (run: string, { json }: { readonly json?: true }) => {
      const { experiment, task } = await loadRun(run)
      const { metrics, reasons, ...measured } = await task.evaluate(experiment.data.validation, {
        batchSize: experiment.batchSize,
      })
      const all = { ...measured, ...metrics }
      if (json) output.write(`${JSON.stringify(all)}\n`)
      else
        for (const [name, value] of Object.entries(all)) output.write(`${name.padEnd(12)} ${text(value)}\n`)
    })
}

const text = (value: unknown): string =>
  typeof value === 'number' ? value.toFixed(6) : JSON.stringify(value)
