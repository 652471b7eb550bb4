import type { NodeSpec } from '../../support/onnx-build.ts'
import { elementwiseRows, type OnnxRows } from './onnx-elementwise.ts'
import { layerRows } from './onnx-layers.ts'
import { shapeRows } from './onnx-shapes.ts'
import versions from './onnx-versions.json' with { type: 'json' }

/** What to test of each imported operator. */
export const onnxRows: OnnxRows = { ...elementwiseRows, ...shapeRows, ...layerRows }

/** Operator sets in which each operator's definition changed. */
export const onnxVersions: Readonly<Record<string, readonly number[]>> = versions

/** A row of the table: an operator as an operator set has it. */
export interface OnnxCase {
  readonly op: string
  readonly opset: number
  readonly spec: NodeSpec
  readonly label: string
}

/** Lists all rows, or those of one operator. */
export const onnxRowsOf = (op?: string): OnnxCase[] =>
  Object.keys(op === undefined ? onnxVersions : { [op]: 0 }).flatMap((op) =>
    onnxVersions[op]!.flatMap((opset) =>
      onnxRows[op]!(opset).map((spec, i) => ({
        op,
        opset,
        spec,
        label: `${op} of opset ${opset}, row ${i}`,
      })),
    ),
  )
