import { pipeline } from 'node:stream/promises'
import { Command, Option } from 'commander'
import { csv } from '../log/csv.ts'

/** `evenstep csv RUN`: prints the log of a run as CSV. */
export function csvCommand(): Command {
  return new Command('csv')
    .description('print the log of a run as CSV')
    .argument('<run>', 'the folder of the run')
    .addOption(new Option('--every <what>', 'what a row is').choices(['epoch', 'step']).default('epoch'))
    .action(async (run: string, { every }: { readonly every: 'epoch' | 'step' }) => {
      await pipeline(csv(run, { every }), process.stdout, { end: false }).catch(unlessClosed)
    })
}

/** Whoever reads may stop, such as `head`. */
function unlessClosed(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
}
