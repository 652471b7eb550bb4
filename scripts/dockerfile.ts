/**
 * Runs the instructions of examples/cluster/Dockerfile without a container engine, as root on a Debian with `debootstrap`:
 * `npm pack && npx jiti scripts/dockerfile.ts evenstep-0.1.0.tgz`.
 *
 * In place of the image `node:20-bookworm-slim` stands a bare Debian bookworm with this machine's Node.js and npm, and the
 * user `node`. What the engine does apart from the instructions is not tested: layers, and its isolation of processes,
 * of which only a PID namespace is made, so that evenstep is process 1.
 */
import { execFileSync, spawn } from 'node:child_process'
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const repository = fileURLToPath(new URL('..', import.meta.url))
const [archive, base] = process.argv.slice(2)
if (archive === undefined) {
  console.error(
    'usage: npx jiti scripts/dockerfile.ts evenstep-0.1.0.tgz [FOLDER of a debootstrap of bookworm, which is changed]',
  )
  process.exit(2)
}

/** Instructions of a Dockerfile: name and rest, with continued lines joined. */
const instructions = readFileSync(join(repository, 'examples/cluster/Dockerfile'), 'utf8')
  .replaceAll(/^#.*\n/gm, '')
  .replaceAll('\\\n', ' ')
  .split('\n')
  .filter(Boolean)
  .map((line) => /^(\w+) +(.*)$/.exec(line)!.slice(1) as [string, string])

/** Certificates that npm needs on this machine to reach its registry, if it has its own. */
const certificates = process.env.NODE_EXTRA_CA_CERTS

function makeBase(): string {
  const root = base ?? mkdtempSync('/var/tmp/evenstep-image-')
  if (base === undefined)
    execFileSync('debootstrap', ['--variant=minbase', 'bookworm', root], { stdio: 'inherit' })
  copyFileSync(process.execPath, join(root, 'usr/local/bin/node'))
  const npm = dirname(dirname(realpathSync(execFileSync('which', ['npm'], { encoding: 'utf8' }).trim())))
  cpSync(npm, join(root, 'usr/local/lib/node_modules/npm'), { recursive: true })
  writeFileSync(
    join(root, 'usr/local/bin/npm'),
    '#!/bin/sh\nexec node /usr/local/lib/node_modules/npm/bin/npm-cli.js "$@"\n',
    { mode: 0o755 },
  )
  if (certificates) copyFileSync(certificates, join(root, 'etc/certificates.pem'))
  for (const file of ['resolv.conf', 'hosts']) copyFileSync(`/etc/${file}`, join(root, 'etc', file))
  if (!existsSync(join(root, 'home/node')))
    execFileSync('chroot', [root, 'useradd', '--create-home', '--uid', '1000', 'node'])
  return root
}

/** Files that a pattern of COPY such as `*.ts` means. */
const matching = (folder: string, pattern: string): string[] =>
  readdirSync(folder).filter((name) =>
    new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*')}$`).test(name),
  )

const root = makeBase()
const context = mkdtempSync('/var/tmp/evenstep-context-')
copyFileSync(archive, join(context, basename(archive)))
for (const name of ['digits.ts', 'digits-study.ts', 'breast-cancer.json'])
  copyFileSync(join(repository, 'examples', name), join(context, name))
let [folder, user, entry] = ['/', 'root', [] as string[]]
const env = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  ...(certificates && { NODE_EXTRA_CA_CERTS: '/etc/certificates.pem' }),
}

/** A command in the image, as its user and in its folder. */
const inside = (command: string): string[] => [
  '--userspec',
  user,
  root,
  'sh',
  '-c',
  `cd ${folder} && ${command}`,
]

for (const [name, rest] of instructions) {
  console.log(`${name} ${rest}`)
  if (name === 'WORKDIR') {
    folder = rest
    mkdirSync(join(root, folder), { recursive: true })
  } else if (name === 'USER') user = rest
  else if (name === 'ENTRYPOINT') entry = JSON.parse(rest)
  else if (name === 'RUN') execFileSync('chroot', inside(rest), { env, stdio: 'inherit' })
  else if (name === 'COPY') {
    for (const file of rest
      .split(/ +/)
      .slice(0, -1)
      .flatMap((pattern) => matching(context, pattern)))
      copyFileSync(join(context, file), join(root, folder, file))
  } else if (name !== 'FROM' && name !== 'CMD')
    throw new Error(`${name}: wanted an instruction that this script knows`)
}

/** Runs the image with arguments, as process 1. @param more is called with what it has printed so far */
async function run(
  args: readonly string[],
  more: (text: string, stop: () => void) => void = () => {},
): Promise<string> {
  const command = [...entry, ...args].map((word) => `'${word}'`).join(' ')
  const child = spawn('unshare', ['--pid', '--fork', 'chroot', ...inside(`exec ${command}`)], {
    env: { ...env, HOME: '/home/node' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  const stop = (): void => {
    const inner = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim()
    process.kill(Number(inner), 'SIGTERM')
  }
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (part) => {
      text += part
      more(text, stop)
    })
  const code = await new Promise((done) => child.once('close', done))
  return `${text.trimEnd().split('\n').slice(-2).join('\n')}\n→ ${code}`
}

console.log(await run(['--help']))
mkdirSync(join(root, 'proc'), { recursive: true })
execFileSync('mount', ['-t', 'proc', 'proc', join(root, 'proc')])
try {
  console.log(await run(['train', 'digits.ts', '--out', '/runs/short', '--set', 'steps=50']))
  let isStopped = false
  const train = ['train', 'digits.ts', '--out', '/runs/digits', '--set', 'epochs=1000', '--json']
  console.log(
    await run(train, (text, stop) => {
      if (!isStopped && text.includes('"type":"epoch"')) stop()
      isStopped ||= text.includes('"type":"epoch"')
    }),
  )
  await setTimeout(100)
} finally {
  execFileSync('umount', [join(root, 'proc')])
}
rmSync(context, { recursive: true })
if (base === undefined) rmSync(root, { recursive: true })
