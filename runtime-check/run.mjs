// Trains the network of bundle-check in Deno and in Bun, and compares its losses with those of Node.js to the bit: on
// WebAssembly, on the native library, and by the rule that chooses where no device is named.
//
//   npm ci && npm start
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { linkPackage } from '../bundle-check/link.mjs'

const here = import.meta.dirname
linkPackage(join(here, '../bundle-check'))
const bin = (path) => join(here, 'node_modules', path)
const script = join(here, 'train.mjs')
const runtimes = {
  Node: [process.execPath, '--liftoff-only', script], // to optimize WebAssembly takes longer than the training
  Deno: [bin('@deno/linux-x64-glibc/deno'), 'run', '--quiet', '--no-prompt', '--allow-all', script],
  Bun: [bin('@oven/bun-linux-x64/bin/bun'), script],
}

const trained = ([command, ...args], device = []) =>
  JSON.parse(execFileSync(command, [...args, ...device], { cwd: here, encoding: 'utf8' }))

for (const device of [['wasm'], ['cpu'], []]) {
  const wanted = trained(runtimes.Node, device)
  for (const name of ['Deno', 'Bun'])
    try {
      assert.deepEqual(trained(runtimes[name], device), wanted)
      console.log(`ok     ${name} on ${device[0] ?? 'the device that is chosen'} trains as Node.js`)
    } catch (error) {
      process.exitCode = 1
      console.log(`FAILED ${name} on ${device[0] ?? 'the device that is chosen'}: ${error.message}`)
    }
}
