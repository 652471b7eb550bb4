// Runs one claim in its own process, for run.ts: ONNX Runtime blocks the calling thread.
import type { Scale } from './claim.ts'
import { claims } from './claims.ts'
import { resume } from './support/progress.ts'

const [id, scale, progress] = process.argv.slice(-3)
const claim = claims.find((claim) => claim.id === id)!
const resumed = resume(progress!)
if (resumed > 0) console.log(`${id} resumes after ${resumed} parts`)
process.send!({ outcome: await claim.run(scale as Scale), resumed: resumed > 0 }, undefined, undefined, () =>
  process.disconnect(),
)
