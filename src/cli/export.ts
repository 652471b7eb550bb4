import { Command } from 'commander'
import { count } from '../core/text.ts'
import { writeOutput } from '../disk/output-file.ts'
import { type OpenedRun, open } from '../train/open.ts'
import { StoredRun } from '../train/stored-run.ts'
import { encodingOf } from '../train/table-encoding.ts'
import { type Output, terminal } from './output.ts'
import { type AskedRun, askedBy, bestOption, experimentOption, storedRun } from './run.ts'

/** `evenstep export RUN FILE`: writes the model of a finished run or a checkpoint to an ONNX file. */
export const exportCommand = (output: Output = terminal()): Command =>
  new Command('export')
    .description("write a run's model as an ONNX file for inference")
    .argument('<run>', 'folder of the run, or of one of its checkpoints')
    .argument('<file>', 'ONNX file to write')
    .addOption(bestOption())
    .option(
      '--keep-normalization',
      'keep batch normalization as layers, for a file that is to be trained further',
    )
    .addOption(experimentOption())
    .action(async (folder: string, file: string, options: AskedExport) => {
      const stored = storedRun(folder, options)
      const run = stored ?? (await open(folder, await askedBy(folder, options)))
      const [x, outputs] = fieldsOf(run)
      const bytes = run.exportOnnx({ keepNormalization: options.keepNormalization === true })
      writeOutput(file, bytes)
      const inputs = Object.entries(x.tensors ?? { x }).map(
        ([name, { dtype, shape }]) => `${name} ${dtype} [${['N', ...shape].join(', ')}]`,
      )
      output.write(`${file}: ${count(bytes.length)} bytes, ${inputs.join(', ')} to ${outputs.join(', ')}\n`)
      const table = run instanceof StoredRun ? run.about.recipe?.encoding : encodingOf(run.experiment)
      if (table === undefined || !file.endsWith('.onnx')) return
      const beside = file.replace(/onnx$/, 'table.json')
      writeOutput(beside, `${JSON.stringify(table)}\n`)
      output.write(`${beside}: how evenstep/table encodes a row as x\n`)
    })

/** Command-line options of an export. */
interface AskedExport extends AskedRun {
  readonly keepNormalization?: true
}

/** Returns the inputs of a run's model, and the names of its outputs. */
function fieldsOf(run: StoredRun | OpenedRun): readonly [StoredRun['about']['x'], readonly string[]] {
  const [x, y] =
    run instanceof StoredRun
      ? [run.about.x, run.about.target]
      : [run.experiment.data.train.x, run.experiment.data.train.y]
  return [x, Object.keys(y.tensors ?? { y })]
}
