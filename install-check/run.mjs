// Packs a clone of the last commit, installs the package in an empty project as a user does, and tries it there. It needs
// the registry and no other host. Each check prints a line; the exit status is 1 if one fails.
//
//   node run.mjs              for this platform, with the packages of this clone
//   node run.mjs --all        for every platform, from nothing but the clone, and by other versions of npm and Node
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { check, finish } from './check.mjs'
import { checkPackage } from './package.mjs'
import { checkCommand, checkNode22, checkScripts, checkTypes, checkWithoutSqlite } from './project.mjs'
import { sizes } from './size.mjs'

const root = join(import.meta.dirname, '..')
const all = process.argv.includes('--all')
const folder = mkdtempSync(join(tmpdir(), 'evenstep-install-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

const clone = join(folder, 'clone')
const packed = join(folder, 'evenstep-0.1.0.tgz')
const thisOnly = { ...process.env, EVENSTEP_PLATFORMS: `${process.platform}/${process.arch}` }
const npm = (cwd, args, env = all ? process.env : thisOnly) =>
  execFileSync('npm', args, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
    env,
  })

await check('npm pack in a clone', () => {
  execFileSync('git', ['clone', '--quiet', '--depth', '1', `file://${root}`, clone])
  if (!all) borrow()
  npm(clone, ['pack', '--pack-destination', folder])
  rmSync(clone, { recursive: true, force: true })
})
await checkPackage(packed)

const project = join(folder, 'project')
cpSync(join(import.meta.dirname, 'project'), project, { recursive: true })
await check('npm install of the package in an empty project, without a flag', () =>
  npm(project, ['install', packed, '--prefer-offline', '--no-audit', '--no-fund']),
)
console.log(sizes(join(project, 'node_modules')))
await checkScripts(project)
await checkTypes(project, all)
await checkCommand(project)
if (all) {
  await checkNode22(project)
  await checkWithoutSqlite(project)
  for (const version of ['10.8.2', '11.19.1'])
    await check(`npm ${version} publishes, packs and installs it`, () => again(version))
}
finish()

/** Lends a clone what this one has installed and built, so that it is not done twice. */
function borrow() {
  for (const folder of ['.', 'pages'].filter((folder) => existsSync(join(root, folder, 'node_modules')))) {
    symlinkSync(join(root, folder, 'node_modules'), join(clone, folder, 'node_modules'))
    utimesSync(join(clone, folder, 'package-lock.json'), 0, 0)
  }
  cpSync(join(root, 'dist'), join(clone, 'dist'), { recursive: true })
}

/** Publishes for show, packs and installs by a version of npm, from nothing but the clone. */
function again(version) {
  const run = (cwd, ...args) => npm(cwd, ['exec', '--yes', `npm@${version}`, '--', ...args], thisOnly)
  const next = mkdtempSync(join(folder, `npm-${version}-`))
  execFileSync('git', ['clone', '--quiet', '--depth', '1', `file://${root}`, join(next, 'clone')])
  const published = run(join(next, 'clone'), 'publish', '--dry-run', '--json')
  if (!published.includes('dist/index.js'))
    throw new Error('npm publish: wanted dist/index.js in the package')
  run(join(next, 'clone'), 'pack', '--pack-destination', next)
  const project = join(next, 'project')
  cpSync(join(import.meta.dirname, 'project'), project, { recursive: true })
  run(project, 'install', join(next, 'evenstep-0.1.0.tgz'), '--prefer-offline')
  execFileSync(process.execPath, ['script.mjs'], { cwd: project })
}
