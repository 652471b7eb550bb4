import { train } from 'evenstep'

const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
const output = document.querySelector('#loss')!
for await (const event of train.inWorker(worker, { lr: 0.1 }))
  if (event.type === 'epoch') output.textContent = event.validationLoss.toFixed(3)
