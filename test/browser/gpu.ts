import { data, nn, ops, optim, random, schedule, type Tensor, train } from 'evenstep'

/** Returns a data set of examples of three classes, in noise. */
function examples(shape: readonly number[]): data.Dataset {
  const source = random('examples')
  const size = shape.reduce((a, b) => a * b, 1)
  const y = Int32Array.from({ length: 40 }, (_, i) => i % 3)
  const x = Float32Array.from({ length: 40 * size }, (_, i) => source.normal(y[Math.floor(i / size)]! - 1))
  return data.dataset({ x, y, shape, classes: 3 })
}

/** A recurrent network that classifies sequences by their last state. */
class Recurrent implements nn.Module {
  readonly gru: nn.GRU = new nn.GRU(3, 5, { batchFirst: true })
  readonly fc: nn.Linear = new nn.Linear(5, 3)

  forward(x: Tensor, mode: nn.Mode): Tensor {
    const states = this.gru.forward(x, mode)
    return this.fc.forward(ops.flatten(ops.slice(states, [[], [-1]]), 1))
  }
}

const nets = {
  /** As `clouds` of training.ts has. */
  mlp: {
    shape: [6],
    model: () =>
      new nn.Sequential(new nn.Linear(6, 16), new nn.ReLU(), new nn.BatchNorm1d(16), new nn.Linear(16, 3)),
  },
  cnn: {
    shape: [1, 6, 6],
    model: () =>
      new nn.Sequential(
        new nn.Conv2d(1, 4, 3, { padding: 1 }),
        new nn.BatchNorm2d(4),
        new nn.ReLU(),
        new nn.MaxPool2d(2),
        new nn.Flatten(),
        new nn.Linear(36, 3),
      ),
  },
  gru: { shape: [4, 3], model: () => new Recurrent() },
}

export type Net = keyof typeof nets
/** Those that are compared with the CPU here; `losses` of training.ts is of an MLP. */
export const netNames: readonly Net[] = ['cnn', 'gru']

/** Trains a network for 20 steps, 8 of them in one call; returns their losses and that of an evaluation. */
export async function netLosses(net: Net, device: 'cpu' | 'webgpu'): Promise<number[]> {
  const { shape, model } = nets[net]
  const all = examples(shape)
  const optimizer = optim.sgd({ lr: schedule.oneCycle(0.1, { totalSteps: 20 }), momentum: 0.9 })
  const task = new train.Task({
    model: model(),
    loss: ops.crossEntropy,
    optimizer,
    data: all,
    device,
    seed: 1,
  })
  const batches = await data.loader(all, { batchSize: 8, seed: 0 })
  const losses: number[] = []
  for (let epoch = 0; losses.length < 20; epoch++)
    for await (const stack of batches.stacks(epoch, () => 4))
      losses.push(...(await task.learn(stack, 8)).losses)
  return [...losses.slice(0, 20), (await task.evaluate(all, { batchSize: 8 })).loss]
}

/** The parts of WebGPU's interface that a page can watch. */
interface Watched {
  readonly GPUDevice: { readonly prototype: { createBuffer(wanted: Wanted): unknown } }
  readonly GPUQueue: { readonly prototype: { writeBuffer(...given: Written): void } }
  readonly GPUAdapter: { readonly prototype: { requestDevice(...given: unknown[]): Promise<Device> } }
}
interface Wanted {
  readonly size: number
  readonly mappedAtCreation?: boolean
}
type Written = [
  buffer: unknown,
  at: number,
  data: ArrayBuffer | ArrayBufferView,
  from?: number,
  size?: number,
]
interface Device {
  destroy(): void
}

const scope = globalThis as unknown as Watched

/** Counts the bytes that go from the host to the GPU during `body`. */
async function bytesUploaded(body: () => Promise<unknown>): Promise<number> {
  const [device, queue] = [scope.GPUDevice.prototype, scope.GPUQueue.prototype]
  const { createBuffer } = device
  const { writeBuffer } = queue
  let bytes = 0
  device.createBuffer = function (wanted) {
    if (wanted.mappedAtCreation) bytes += wanted.size
    return createBuffer.call(this, wanted)
  }
  queue.writeBuffer = function (...given) {
    bytes += given[4] ?? given[2].byteLength
    writeBuffer.apply(this, given)
  }
  await body()
  Object.assign(device, { createBuffer })
  Object.assign(queue, { writeBuffer })
  return bytes
}

/** Bytes that training uploads per step once it has begun, and the bytes of weights, statistics and momenta. */
export async function uploads(): Promise<{ readonly perStep: number; readonly state: number }> {
  const all = examples([6])
  const model = new nn.Sequential(new nn.Linear(6, 256), new nn.ReLU(), new nn.Linear(256, 3))
  const optimizer = optim.sgd({ lr: 0.01, momentum: 0.9 })
  const task = new train.Task({ model, loss: ops.crossEntropy, optimizer, data: all, device: 'webgpu' })
  const [stack] = [...data.loader(all, { batchSize: 8, seed: 0 }).stacks(0, () => 5)]
  await task.learn(stack!, 8)
  const bytes = await bytesUploaded(async () => {
    await task.learn(stack!, 8)
    await task.learn(stack!, 8)
  })
  const stored = [...task.variables.values(), ...task.optimizerState.values()]
  return { perStep: bytes / 10, state: stored.reduce((sum, { data }) => sum + data.byteLength, 0) }
}

const devices: Device[] = []
// None in Node.js, which imports this file too.
const adapter = (scope as Partial<Watched>).GPUAdapter?.prototype
if (adapter) {
  const { requestDevice } = adapter
  adapter.requestDevice = async function (...given) {
    const device = await requestDevice.apply(this, given)
    devices.push(device)
    return device
  }
}

/** Loses the GPU in the middle of training, and for the rest of the page's life; returns the error, and whether the weights are those of before. */
export async function lost(): Promise<{ readonly message: string; readonly isUnchanged: boolean }> {
  const all = examples([6])
  const optimizer = optim.sgd({ lr: 0.01, momentum: 0.9 })
  const task = new train.Task({
    model: nets.mlp.model(),
    loss: ops.crossEntropy,
    optimizer,
    data: all,
    device: 'webgpu',
  })
  const [stack] = [...data.loader(all, { batchSize: 8, seed: 0 }).stacks(0, () => 5)]
  await task.learn(stack!, 8)
  const before = [...task.variables.values()].map((variable) => variable.data)
  for (const device of devices) device.destroy()
  const message = await task
    .learn(stack!, 8)
    .then(String, (error: Error) => `${error.name}: ${error.message}`)
  const after = [...task.variables.values()].map((variable) => variable.data)
  return { message, isUnchanged: before.every((data, i) => data === after[i]) }
}
