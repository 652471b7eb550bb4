import { writeFileSync } from 'node:fs'
import { Command } from 'commander'
import { count } from '../core/text.ts'
import { exportOnnx } from '../train/export.ts'
import { type Output, terminal } from './output.ts'
import { loadRun } from './run.ts'

/** `evenstep export RUN FILE`: writes the model of a finished run as an ONNX file for inference. */
export const exportCommand = (output: Output = terminal()): Command =>
  new Command('export')
    .description("write a run's model as an ONNX file for inference")
    .argument('<run>', 'folder of the run')
    .argument('<file>', 'ONNX file to write')
    .action(async (run: string, file: string) => {
      const { experiment, task } = await loadRun(run)
      const { x } = experiment.data.train
      const bytes = exportOnnx(task.model, x)
      writeFileSync(file, bytes)
      const shape = ['N', ...x.shape].join(', ')
      output.write(`${file}: ${count(bytes.length)} bytes, x ${x.dtype} [${shape}] to y\n`)
    })
