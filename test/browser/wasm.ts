import { data, nn, ops, optim, random, train, wasmAt } from 'evenstep'

/** Trains a network that is large enough for several threads; returns its losses, and the workers that it started. */
export async function threaded(
  threads?: number,
): Promise<{ readonly losses: number[]; readonly workers: number }> {
  const scope = globalThis as unknown as { Worker: new (...given: unknown[]) => object }
  const { Worker } = scope
  let workers = 0
  scope.Worker = class extends Worker {
    constructor(...given: unknown[]) {
      super(...given)
      workers++
    }
  }
  const source = random('examples')
  const x = Float32Array.from({ length: 64 * 400 }, () => source.normal())
  const y = Int32Array.from({ length: 64 }, (_, i) => i % 10)
  const all = data.dataset({ x, y, shape: [400], classes: 10 })
  const model = new nn.Sequential(new nn.Linear(400, 256), new nn.ReLU(), new nn.Linear(256, 10))
  const optimizer = optim.sgd({ lr: 0.1 })
  const options = { model, loss: ops.crossEntropy, optimizer, data: all, device: 'wasm', seed: 1 } as const
  const task = new train.Task({ ...options, ...(threads !== undefined && { threads }) })
  const [stack] = [...data.loader(all, { batchSize: 32, seed: 0 }).stacks(0, () => 2)]
  const { losses } = await task.learn(stack!, 32)
  return { losses: [...losses], workers }
}

/** Trains with the WebAssembly file of another folder; returns the error of naming a folder after that. */
export async function elsewhere(folder: string): Promise<string> {
  wasmAt(folder)
  await threaded()
  try {
    wasmAt(folder)
    return 'no error'
  } catch (error) {
    return String(error)
  }
}
