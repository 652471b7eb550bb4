// A command that trains and loses something at each disturbance, for the test that attacks notice. It keeps to the
// arguments and files of `evenstep train`.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const args = process.argv.slice(2)
if (!args.includes('--out')) process.exit(0)
const run = args[args.indexOf('--out') + 1]
const isResumed = existsSync(run)
mkdirSync(run, { recursive: true })
writeFileSync(join(run, 'events.jsonl'), '{"type":"end"}\n')
process.stdout.on('error', () => {}) // and says nothing
process.stdout.write('begun\n')
setTimeout(() => writeFileSync(join(run, 'model.safetensors'), isResumed ? 'other bytes' : 'bytes'), 400)
