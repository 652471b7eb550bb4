import { train } from 'evenstep'

export async function trainPoints(worker: train.WorkerLike, x: Float32Array, y: Int32Array) {
  const run = train.inWorker(worker, { x, y, lr: 0.1 })
  for await (const event of run)
    if (event.type === 'epoch') console.log(event.epoch, event.validationLoss, event.validationAccuracy)
  const [scores] = await run.predict([[0.5, -1]])
  return { scores, weights: await run.weights(), model: await run.onnx() }
}
