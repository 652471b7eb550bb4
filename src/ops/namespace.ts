import { type AnyOperator, checked } from './checked.ts'
import * as operators from './index.ts'
import type { OperatorName } from './signatures.ts'

const table: Readonly<Record<string, unknown>> = operators

/**
 * Operators on tensors. Each checks its arguments. The build for browsers declares them one by one instead, so that
 * bundlers leave out those that a page does not use.
 */
export const ops: typeof operators = Object.fromEntries(
  Object.entries(table).map(([name, operator]) => [
    name,
    checked(name as OperatorName, operator as AnyOperator),
  ]),
) as Readonly<Record<string, unknown>> as typeof operators
/** Types of the operators' arguments and results. */
export declare namespace ops {
  type AveragePoolOptions = operators.AveragePoolOptions
  type BinaryOptions = operators.BinaryOptions
  type ConvolutionOptions = operators.ConvolutionOptions
  type ConvolutionTransposeOptions = operators.ConvolutionTransposeOptions
  type CosineOptions = operators.CosineOptions
  type CrossEntropyOptions = operators.CrossEntropyOptions
  type DropoutOptions = operators.DropoutOptions
  type GeluOptions = operators.GeluOptions
  type HingeOptions = operators.HingeOptions
  type HuberOptions = operators.HuberOptions
  type InterpolateOptions = operators.InterpolateOptions
  type KlDivOptions = operators.KlDivOptions
  type Loss = operators.Loss
  type MaxPoolOptions = operators.MaxPoolOptions
  type MultiMarginOptions = operators.MultiMarginOptions
  type NormOptions = operators.NormOptions
  type PadOptions = operators.PadOptions
  type Pads = operators.Pads
  type PerAxis = operators.PerAxis
  type PoolOptions = operators.PoolOptions
  type SliceRange = operators.SliceRange
  type SmoothL1Options = operators.SmoothL1Options
  type SortOptions = operators.SortOptions
  type Sorted = operators.Sorted
  type TopKOptions = operators.TopKOptions
  type VarianceOptions = operators.VarianceOptions
}
