import { topological } from '../core/tensor.ts'
import { foldNormalizations } from './folded-normalization.ts'
import { hasLargeBatch } from './large-batch.ts'
import { wholeLstms } from './portable.ts'
import type { Backend } from './session.ts'
import { lowered, rootsOf, type Traced } from './traced.ts'
import { wholeLayers } from './whole-layers.ts'

/** A step, computed by other operators. */
interface Fast {
  readonly fast: Traced
  /** The same, but for convolutions in blocks: what the number of threads is chosen by, on every machine alike. */
  readonly unblocked: () => Traced
}

/** Returns a step computed by the operators that are the fastest on a device. @param loop whether a call takes K steps */
export async function fastOn(backend: Backend, step: Traced, loop: boolean): Promise<Fast> {
  // A device without a kernel for Loop has none for recurrent operators either.
  const layers = backend.loops ? lowered(step, (roots) => wholeLayers(wholeLstms(roots))) : step
  const { normalizedInputs } =
    backend.loops && hasLargeBatch(rootsOf(layers)) ? await import('./normalized-inputs.ts') : {}
  const passing = normalizedInputs ? lowered(layers, normalizedInputs) : layers
  const whole = backend.loops && loop ? foldNormalizations(passing) : passing
  const convolutions = topological(rootsOf(whole)).filter(({ op }) => op.startsWith('Conv'))
  const { fastConvolutions: faster } = convolutions.length > 0 ? await import('./convolutions.ts') : {}
  if (!faster) return { fast: whole, unblocked: () => whole }
  const block = convolutions.some(({ op }) => op === 'Conv') ? await backend.blockSize() : 1
  return {
    fast: lowered(whole, (roots) => faster(roots, block)),
    unblocked: () => lowered(whole, faster),
  }
}
