// Prints how much the packages in a folder `node_modules` take: `node install-check/size.mjs node_modules`.
import { lstatSync, readdirSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Bytes on disk of a file or folder, as `du` counts them; of some files only, where `counts` is given. */
function bytes(path, counts = () => true) {
  const { blocks, size } = lstatSync(path)
  const own = blocks === undefined ? size : blocks * 512 // Windows has no blocks
  if (!lstatSync(path).isDirectory()) return counts(path) ? own : 0
  const inside = readdirSync(path).reduce((sum, name) => sum + bytes(join(path, name), counts), 0)
  return inside + (counts === always ? own : 0)
}
const always = () => true

/** Returns lines with the sizes of all packages, of the native libraries and of what WebAssembly needs. */
export function sizes(folder) {
  const MiB = (bytes) => `${(bytes / 2 ** 20).toFixed(0).padStart(4)} MiB`
  const native = join(folder, 'evenstep/native')
  const here = join(native, 'bin/napi-v6', process.platform, process.arch)
  const web = join(folder, 'onnxruntime-web')
  const fallback = (path) => /ort-wasm-simd-threaded\.(wasm|mjs)$|ort\.wasm\.[^/]*mjs$/.test(path)
  return [
    `       ${MiB(bytes(folder, always))} installed`,
    `       ${MiB(bytes(native, always))} native libraries, of which ${MiB(bytes(here, always)).trim()} for this platform`,
    `       ${MiB(bytes(web, always))} onnxruntime-web, of which ${MiB(bytes(web, fallback)).trim()} are the WebAssembly fallback`,
  ].join('\n')
}

const [, script, folder] = process.argv
if (folder && realpathSync(script) === fileURLToPath(import.meta.url)) console.log(sizes(folder))
