import { statSync } from 'node:fs'
import { Command } from 'commander'
import { ArgumentError } from '../core/errors.ts'
import { type Shape, showShape } from '../core/shape.ts'
import { count, dash } from '../core/text.ts'
import { pathExists } from '../disk/inside.ts'
import type { Experiment } from '../train/experiment.ts'
import { loadExperiment } from '../train/experiment-file.ts'
import { modelSummary } from '../train/model-summary.ts'
import { experimentOfRun } from '../train/origin.ts'
import { runPlaceOf } from '../train/run-place.ts'
import { override } from '../train/spec.ts'
import { setOption } from './arguments.ts'
import { jsonLine, type Output, terminal } from './output.ts'
import { experimentOption } from './run.ts'
import { alignedTable } from './table.ts'

interface Options {
  readonly set: readonly string[]
  readonly experiment?: string
  readonly json?: true
}

/** `evenstep summary FILE`: lists the layers of an experiment's or a run's model, for a batch of one example. */
export const summaryCommand = (output: Output = terminal()): Command =>
  new Command('summary')
    .description("list a model's layers, with shapes, parameters and FLOPs for one example")
    .argument('<file>', 'file of the experiment, or folder of a run')
    .addOption(setOption())
    .addOption(experimentOption())
    .option('--json', 'print the layers as JSON')
    .action(async (path: string, options: Options) => {
      const experiment = await experimentAt(path, options)
      const found = modelSummary(experiment)
      const { shape, layers, parameters, flops } = found
      output.write(
        options.json
          ? jsonLine({ shape, layers, parameters, flops })
          : `${experiment.name} · one example, ${inputsOf(experiment, shape)}\n\n${table(found, output.columns)}`,
      )
    })

/** Shows the shape of the input for one example or, of several inputs, the shape of each. */
function inputsOf({ data }: Experiment, x: Shape): string {
  const named = Object.entries(data.train.x.tensors ?? {})
  const each = named.map(([name, { shape }]): [string, Shape] => [name, [1, ...shape]])
  return (each.length > 0 ? each : [['x', x] as const])
    .map(([name, shape]) => `${name} ${showShape(shape)}`)
    .join(', ')
}

/** Loads the experiment in a file, or the experiment of the run in a folder. */
async function experimentAt(path: string, { set, experiment: named }: Options): Promise<Experiment> {
  if (!pathExists(path)) {
    const wanted = 'the file of an experiment or the folder of a run'
    throw new ArgumentError(`summary: wanted ${wanted}, got ${path}, which does not exist`)
  }
  if (statSync(path).isDirectory()) return override(await experimentOfRun(runPlaceOf(path).path, named), set)
  if (named === undefined) return override(await loadExperiment(path), set)
  throw new ArgumentError(`summary: wanted --experiment with the folder of a run, got the file ${path}`)
}

function table({ layers, parameters, flops }: ReturnType<typeof modelSummary>, columns: number): string {
  const rows = layers.map(({ name, kind, output, parameters, flops }) => {
    const shape = output ? showShape(output) : dash
    return [name || '(model)', kind, shape, count(parameters), count(flops)]
  })
  const head = ['layer', 'kind', 'output', 'parameters', 'FLOPs']
  const total = ['total', '', '', count(parameters), count(flops)]
  return alignedTable([head, ...rows, total], { columns, left: 3 })
}
