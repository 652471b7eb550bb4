import { withMetadata } from '../runtime/metadata.ts'
import type { Experiment } from './experiment.ts'
import { type ExportOptions, exportOnnx } from './export.ts'
import { metadataOf } from './onnx-metadata.ts'
import { aboutOf, withOutput } from './run-graph.ts'
import type { Task } from './task.ts'

/**
 * Returns the bytes of an ONNX file of a task's model, like `exportOnnx`, with metadata on its features, classes, output,
 * encoding and normalization.
 */
export function describedOnnx(experiment: Experiment, task: Task, options?: ExportOptions): Uint8Array {
  const about = withOutput(experiment, task, aboutOf(experiment))
  return withMetadata(exportOnnx(task.model, experiment.data.train.x, options), metadataOf(about))
}
