import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'

const library = new URL('../../dist/index.js', import.meta.url).href

/** Computes twice on the default device, then asks for the CPU, where no native library can be loaded. */
const script = `
process.dlopen = () => { throw new Error('libc.musl-x86_64.so.1: cannot open shared object file\\nsecond line') }
const { compile, ops } = await import('${library}')
const step = (device) => compile({ x: { shape: [1] } }, ({ x }) => ({ y: ops.add(x, x) }), { device })
for (const x of [2, 3]) console.log((await (await step())({ x: new Float32Array([x]) })).y[0])
await step('cpu').catch((error) => console.log(error.message))
`

test('where the native library does not load, WebAssembly computes, which is said once and why', () => {
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
  })
  const reason = 'device: wanted cpu, got libc.musl-x86_64.so.1: cannot open shared object file'
  expect(stderr).toBe(
    `${reason}; WebAssembly computes instead, slower and on one thread; device 'wasm' chooses it without this warning\n`,
  )
  expect(stdout).toBe(`4\n6\n${reason}; use device 'wasm'\n`)
})
