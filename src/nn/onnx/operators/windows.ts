import { type Window, windowsOn } from '../../../ops/window.ts'
import { type NodeCall, refusal } from '../call.ts'

/** A window, and the number of padding elements after the last element of the input. */
export interface WindowAsked extends Window {
  readonly after: number
}

/** Returns how a node's window slides along each axis after batch and channels. */
export function windowsAsked(call: NodeCall, kernel: readonly number[]): WindowAsked[] {
  const { x } = call
  if (x.shape.length !== kernel.length + 2) {
    throw refusal(`an input of ${kernel.length + 2} axes`, `[${x.shape.join(', ')}]`, 'the file is damaged')
  }
  const each = (name: string): number[] => kernel.map((_, i) => call.numbers(name)?.[i] ?? 1)
  const [strides, dilations] = [each('strides'), each('dilations')]
  const pads = kernel.map((k, i) => padsOn(call, i, kernel.length, dilations[i]! * (k - 1) + 1, strides[i]!))
  const isCeil = call.number('ceil_mode', 0) === 1
  const walked = windowsOn(call.node.op, x, kernel, strides, dilations, pads, isCeil)
  return walked.map((window, i) => ({ ...window, after: pads[i]![1] }))
}

function padsOn(
  call: NodeCall,
  i: number,
  rank: number,
  extent: number,
  stride: number,
): readonly [number, number] {
  const auto = call.text('auto_pad', 'NOTSET')
  if (auto === 'VALID') return [0, 0]
  if (!auto.startsWith('SAME')) {
    const pads = call.numbers('pads')
    return [pads?.[i] ?? 0, pads?.[i + rank] ?? 0]
  }
  const input = call.x.shape[i + 2]!
  const both = Math.max(0, (Math.ceil(input / stride) - 1) * stride + extent - input)
  const before = auto === 'SAME_UPPER' ? Math.floor(both / 2) : Math.ceil(both / 2)
  return [before, both - before]
}

export const stepsOf = (
  windows: readonly Window[],
): { readonly stride: number[]; readonly dilation: number[] } => ({
  stride: windows.map(({ stride }) => stride),
  dilation: windows.map(({ dilation }) => dilation),
})
