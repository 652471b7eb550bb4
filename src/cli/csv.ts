import { Command, Option } from 'commander'
import { csv } from '../log/csv.ts'
import { type Output, terminal } from './output.ts'

/** `evenstep csv RUN`: prints the log in a run's folder as CSV. */
export const csvCommand = (output: Output = terminal()): Command =>
  new Command('csv')
    .description('print the log of a run as CSV')
    .argument('<run>', 'folder of the run')
    .addOption(
      new Option('--every <what>', 'print a row for each').choices(['epoch', 'step']).default('epoch'),
    )
    .action(async (run: string, { every }: { readonly every: 'epoch' | 'step' }) => {
      for await (const line of csv(run, { every })) await output.write(line, { isData: true })
    })
