import { compile, type data, type nn, ops, type Tensor } from 'evenstep'

/** The error rate of a trained network on a data set, from 0 to 1. */
export async function errorRate(net: nn.Module, { x, y, length }: data.Dataset): Promise<number> {
  const evaluate = await compile(
    { x: { shape: [length, ...x.shape], dtype: x.dtype }, y: { shape: [length], dtype: 'int32' } },
    ({ x, y }: Record<'x' | 'y', Tensor>) => ({ accuracy: ops.accuracy(net.forward(x, 'eval'), y) }),
    { threads: 1 },
  )
  const { accuracy } = await evaluate({ x: x.data, y: y.data })
  return 1 - Number(accuracy[0])
}
