import { data, nn, ops, optim, train } from 'evenstep'

/** Numbers of three pictures of 3×16×16 pixels. */
const pictures = (): Float32Array => Float32Array.from({ length: 3 * 3 * 256 }, (_, i) => Math.sin(i * i))

/** Imports a network, trains it for two steps and returns their losses. @param given the file, or its address */
export async function losses(given: string | Uint8Array, device: 'cpu' | 'wasm'): Promise<number[]> {
  const model = await nn.fromOnnx(typeof given === 'string' ? await fetch(given) : given)
  const [x, y] = [pictures(), Int32Array.of(0, 1, 2)]
  const task = new train.Task({
    model,
    loss: ops.crossEntropy,
    optimizer: optim.sgd({ lr: 0.1 }),
    data: data.dataset({ x, y, shape: [3, 16, 16], classes: 5 }),
    device,
  })
  return [await task.step({ x, y, length: 3 }), await task.step({ x, y, length: 3 })]
}
