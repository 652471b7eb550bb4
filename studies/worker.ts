// Runs one claim in its own process, for run.ts: ONNX Runtime blocks the calling thread.
import type { Scale } from './claim.ts'
import { claims } from './claims.ts'

const [id, scale] = process.argv.slice(-2)
const claim = claims.find((claim) => claim.id === id)!
process.send!(await claim.run(scale as Scale), undefined, undefined, () => process.disconnect())
