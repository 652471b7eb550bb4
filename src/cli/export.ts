import { writeFileSync } from 'node:fs'
import { Command } from 'commander'
import { exportOnnx } from '../train/export.ts'
import { type Output, terminal } from './output.ts'
import { loadRun } from './run.ts'

/** `evenstep export RUN FILE`: a run's model as an ONNX file for inference. */
export function exportCommand(output: Output = terminal()): Command {
  return new Command('export')
    .description("write a run's model as an ONNX file for inference")
    .argument('<run>', 'the folder of the run')
    .argument('<file>', 'the ONNX file to write')
    .action(async (run: string, file: string) => {
      const { experiment, task } = await loadRun(run)
      const { x } = experiment.data.train
      const bytes = exportOnnx(task.model, x)
      writeFileSync(file, bytes)
      const shape = ['N', ...x.shape].join(', ')
      output.write(`${file}: ${bytes.length.toLocaleString('en-US')} bytes, x ${x.dtype} [${shape}] to y\n`)
    })
}
