import type { Tensor } from '../../core/tensor.ts'
import { advised } from '../advised.ts'
import { dropoutsBeforeNorms, type Norm, type Structure, sourcesOf } from '../structure.ts'
import { abridged, type LintRule } from './rule.ts'

/** Lint rules about the order of layers, such as a bias before BN. */
export const orderRules: readonly LintRule[] = [
  {
    name: 'bias-before-norm',
    title: 'a bias right before BN: its gradient is exactly 0',
    source: 'Ioffe & Szegedy 2015, https://arxiv.org/abs/1502.03167, section 3.2',
    look({ structure }) {
      const biases = new Set(structure.norms.flatMap(({ fed }) => (fed?.cancels ? [fed.bias!] : [])))
      if (biases.size === 0) return []
      const advice = `BN cancels ${abridged([...biases])}, whose gradient is 0; { bias: false } computes the same`
      return [{ severity: 'note', advice }]
    },
  },
  {
    name: 'dropout-before-norm',
    title: 'dropout before BN, which then learns a variance that differs from evaluation’s',
    source: 'Li et al. 2018, https://arxiv.org/abs/1801.05134',
    look({ structure }) {
      return dropoutsBeforeNorms(structure).map(({ dropout, norm }) => {
        const flaw = `the dropout ${dropout} comes before BN ${norm}, which learns a variance that differs in evaluation`
        const change = { type: 'model', instruction: 'move it after the last BN' } as const
        return { severity: 'warning', ...advised(flaw, change) }
      })
    },
  },
  {
    name: 'zero-scale',
    title: 'a γ that starts at 0 anywhere but at the end of a residual branch',
    source: 'Goyal et al. 2017, https://arxiv.org/abs/1706.02677, section 5.1',
    look({ structure }) {
      const blocking = structure.norms.filter((norm) => startsAtZero(norm) && !endsBranch(norm, structure))
      return blocking.map(({ name }) => ({
        severity: 'warning',
        ...advised(
          `the γ of BN ${name} starts at 0, and nothing is added to its output, so no gradient passes`,
          {
            type: 'model',
            instruction: 'start it at 1; only the last BN of a residual branch may start at 0',
          },
        ),
      }))
    },
  },
]

const startsAtZero = ({ layer }: Norm): boolean =>
  layer.weight !== undefined && Array.from(layer.weight.data, Number).every((x) => x === 0)

/** Whether the output of a BN layer is added to another activation, as at the end of a residual branch. */
function endsBranch({ y }: Norm, structure: Structure): boolean {
  const isAdded = (t: Tensor): boolean =>
    structure.users(t).some((user) => {
      if (['Reshape', 'Identity', 'Transpose', 'Cast'].includes(user.op)) return isAdded(user)
      const isActivation = (source: Tensor): boolean =>
        source !== t && source.op !== 'Constant' && !structure.names.has(withoutLayout(source))
      return user.op === 'Add' && sourcesOf(user).some(isActivation)
    })
  return isAdded(y)
}

/** Returns the tensor that a chain of Reshape, Expand and Transpose turns into `t`; without a chain, `t` itself. */
const withoutLayout = (t: Tensor): Tensor =>
  ['Reshape', 'Expand', 'Transpose'].includes(t.op) ? withoutLayout(t.inputs[0]!) : t
