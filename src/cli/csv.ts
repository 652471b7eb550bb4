import { Command, Option } from 'commander'
import { ArgumentError } from '../core/errors.ts'
import { csv } from '../log/csv.ts'
import { isStudy, trialsCsv } from '../study/trials-csv.ts'
import { type Output, terminal } from './output.ts'

/** `evenstep csv RUN`: prints the log in a run's folder, or the trials of a study, as CSV. */
export const csvCommand = (output: Output = terminal()): Command =>
  new Command('csv')
    .description('print the log of a run, or the trials of a study, as CSV')
    .argument('<folder>', 'folder of the run or the study')
    .addOption(
      new Option('--every <what>', 'print a row for each (default: epoch)').choices(['epoch', 'step']),
    )
    .action(async (folder: string, { every }: { readonly every?: 'epoch' | 'step' }) => {
      if (isStudy(folder) && every !== undefined)
        throw new ArgumentError(`csv: wanted --every with a run, got the study ${folder}; leave it out`)
      const lines = isStudy(folder) ? trialsCsv(folder) : csv(folder, { every: every ?? 'epoch' })
      for await (const line of lines) await output.write(line, { isData: true })
    })
