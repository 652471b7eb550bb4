import { type Tensor, topological } from '../core/tensor.ts'
import { standardizedBy } from '../ops/standardize.ts'
import { foldNormalizations } from './folded-normalization.ts'
import { hasLargeBatch } from './large-batch.ts'
import { rolledSteps, wholeLstms } from './portable.ts'
import type { Backend } from './session.ts'
import { lowered, rootsOf, type Traced } from './traced.ts'

/** A step, computed by other operators. */
interface Fast {
  readonly fast: Traced
  /** The same, but for convolutions in blocks: what the number of threads is chosen by, on every machine alike. */
  readonly unblocked: () => Traced
}

/** Returns a step computed by the operators that are the fastest on a device. @param loop whether a call takes K steps */
export async function fastOn(backend: Backend, step: Traced, loop: boolean): Promise<Fast> {
  // A device without a kernel for Loop has none for recurrent operators either.
  const { wholeLayers = same } =
    backend.loops && hasWholeLayer(rootsOf(step)) ? await import('./whole-layers.ts') : {}
  const picks = backend.loops && topological(rootsOf(step)).some(({ op }) => op === 'Gather')
  const { mapShortTables = same, isOfShortTable } = picks ? await import('./short-tables.ts') : {}
  const changed = (roots: readonly Tensor[]): readonly Tensor[] =>
    mapShortTables(wholeLayers(rolledSteps(wholeLstms(roots, isOfShortTable))))
  const layers = backend.loops ? lowered(step, changed) : step
  const { normalizedInputs } =
    backend.loops && hasLargeBatch(rootsOf(layers)) ? await import('./normalized-inputs.ts') : {}
  const passing = normalizedInputs ? lowered(layers, normalizedInputs) : layers
  const folded = backend.loops && loop ? foldNormalizations(passing) : passing
  const whole = backend.prefer ? lowered(folded, backend.prefer) : folded
  const convolutions = topological(rootsOf(whole)).filter(({ op }) => op.startsWith('Conv'))
  const { fastConvolutions: faster } = convolutions.length > 0 ? await import('./convolutions.ts') : {}
  if (!faster) return { fast: whole, unblocked: () => whole }
  const block = convolutions.some(({ op }) => op === 'Conv') ? await backend.blockSize() : 1
  return {
    fast: lowered(whole, (roots) => faster(roots, block)),
    unblocked: () => lowered(whole, faster),
  }
}

const same = (roots: readonly Tensor[]): readonly Tensor[] => roots

/** Whether a graph may have a normalization over the last axes, or GELU. If not, what joins them need not be loaded. */
const hasWholeLayer = (roots: readonly Tensor[]): boolean =>
  topological(roots).some((t) => {
    const recipe = standardizedBy(t)
    return t.op === 'Erf' || (recipe && recipe.axes.at(-1) === recipe.x.shape.length - 1)
  })
