import type { Tensor } from '../../core/tensor.ts'
import { ancestors, type Norm, type Structure, sourcesOf } from '../structure.ts'
import { type LintRule, list } from './rule.ts'

// The order of layers.

export const biasBeforeNorm: LintRule = {
  name: 'bias-before-norm',
  title: 'a bias right before BN: its gradient is exactly 0',
  source: 'Ioffe & Szegedy 2015, https://arxiv.org/abs/1502.03167, section 3.2',
  look({ structure }) {
    const biases = [...new Set(structure.norms.flatMap(({ fed }) => (fed?.cancels ? [fed.bias!] : [])))]
    if (biases.length === 0) return []
    const advice = `BN cancels ${list(biases)}, with a gradient of 0: write { bias: false } there`
    return [{ severity: 'note', advice }]
  },
}

export const dropoutBeforeNorm: LintRule = {
  name: 'dropout-before-norm',
  title: 'dropout before BN: the variance that BN learns is not that of evaluation',
  source: 'Li et al. 2018, https://arxiv.org/abs/1801.05134',
  look({ structure }) {
    const before = structure.norms.map(({ name, x }) => ({ name, of: ancestors(x) }))
    return structure.dropouts.flatMap(({ name, y }) => {
      const norm = before.find(({ of }) => of.has(y))
      if (!norm) return []
      const advice = `the dropout ${name} comes before BN ${norm.name}, which learns a variance that evaluation does not see: put it after the last BN`
      return [{ severity: 'warning', advice }]
    })
  },
}

export const zeroScale: LintRule = {
  name: 'zero-scale',
  title: 'a γ that starts at 0 and is not the last of a residual branch',
  source: 'Goyal et al. 2017, https://arxiv.org/abs/1706.02677, section 5.1',
  look({ structure }) {
    const cut = structure.norms.filter((norm) => startsAtZero(norm) && !endsBranch(norm, structure))
    return cut.map(({ name }) => ({
      severity: 'warning',
      advice: `the γ of BN ${name} starts at 0, and nothing is added to its output: no gradient passes; only the last BN of a residual branch may start so`,
    }))
  },
}

const startsAtZero = ({ layer }: Norm): boolean =>
  layer.weight !== undefined && Array.from(layer.weight.data, Number).every((x) => x === 0)

/** Whether the output of a layer is added to something that is computed too. */
function endsBranch({ y }: Norm, structure: Structure): boolean {
  const passes = (t: Tensor): boolean =>
    structure.users(t).some((user) => {
      if (['Reshape', 'Identity', 'Transpose', 'Cast'].includes(user.op)) return passes(user)
      const others = sourcesOf(user).filter((source) => source !== t)
      return (
        user.op === 'Add' &&
        others.some((other) => !structure.names.has(bare(other)) && other.op !== 'Constant')
      )
    })
  return passes(y)
}

/** A tensor behind nodes that only rearrange it. */
const bare = (t: Tensor): Tensor =>
  ['Reshape', 'Expand', 'Transpose'].includes(t.op) ? bare(t.inputs[0]!) : t
