// One claim in a process of its own, for run.ts: a run of ONNX Runtime blocks the thread that it is called from.
import type { Scale } from './claim.ts'
import { claims } from './claims.ts'

const [id, scale] = process.argv.slice(-2)
const claim = claims.find((claim) => claim.id === id)!
process.send!(await claim.run(scale as Scale), undefined, undefined, () => process.disconnect())
