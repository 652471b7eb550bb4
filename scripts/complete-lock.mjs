// Adds to package-lock.json the binaries for other platforms that a registry mirror may omit: `npm ci` refuses
// a lock file that does not list every optional dependency. Run it after `npm install` has changed the lock
// file.
import { readFileSync, writeFileSync } from 'node:fs'

const file = new URL('../package-lock.json', import.meta.url)
const lock = JSON.parse(readFileSync(file, 'utf8'))

/** The platform in a name such as `@biomejs/cli-linux-x64-musl`. */
function platformOf(name) {
  const [, os, cpu, libc] = /-(android|darwin|linux|win32)-(arm64|x64)(?:-(musl))?$/.exec(name) ?? []
  if (!os) throw new Error(`${name}: wanted a name ending in a platform`)
  return { cpu: [cpu], os: [os], ...(os === 'linux' && { libc: [libc ?? 'glibc'] }) }
}

for (const [path, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (lock.packages[`node_modules/${name}`] || lock.packages[`${path}/node_modules/${name}`]) continue
    const { cpu, os, libc } = platformOf(name)
    lock.packages[`node_modules/${name}`] = {
      version,
      cpu,
      ...(entry.dev && { dev: true }),
      ...(libc && { libc }),
      optional: true,
      os,
    }
    console.log(`added ${name}`)
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)))
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
