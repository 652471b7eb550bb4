import { compile, nn, ops, type Tensor } from 'evenstep'
import { examples, type Float } from './digits.ts'
import type { Numbers } from './numbers.ts'

export interface StepOptions {
  readonly dtype?: Float
  readonly batchSize?: number
  readonly seed?: number
}

/**
 * Measures one forward and backward pass of the initialized `net` on a batch of digits.
 *
 * @param of builds the results from the loss and the calls of layers, in order
 */
export async function measureStep<Out extends string>(
  net: nn.Module,
  of: (loss: Tensor, calls: readonly nn.Call[]) => Readonly<Record<Out, Tensor>>,
  { dtype = 'float64', batchSize = 128, seed = 0 }: StepOptions = {},
): Promise<Readonly<Record<Out, Numbers>>> {
  nn.toDType(nn.initialize(net, seed), dtype)
  const { x, y } = examples(batchSize, seed, dtype)
  const step = await compile(
    { x: { shape: [batchSize, ...x.shape], dtype }, y: { shape: [batchSize], dtype: 'int32' } },
    ({ x, y }: Record<'x' | 'y', Tensor>) => {
      const calls: nn.Call[] = []
      const forward = (): Tensor => net.forward(x, 'train')
      const logits = nn.observe(net, (call) => calls.push(call), forward)
      return of(ops.crossEntropy(logits, y), calls)
    },
    { threads: 1 },
  )
  return (await step({ x: x.data, y: y.data })) as Readonly<Record<Out, Numbers>>
}
