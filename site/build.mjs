// Builds the site into site/dist: the guide and the reference by TypeDoc, with a search that needs no server, and the lab.
// `npm run site` at the root installs what it needs.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Application } from 'typedoc'

const at = (...path) => join(fileURLToPath(new URL('.', import.meta.url)), ...path)
const [prepared, dist] = [at('prepared'), at('dist')]

/** The guide, in the order of its navigation; pages of `docs` that are not named follow. */
const order = [
  'training',
  'batch-norm',
  'schedules',
  'optimizers',
  'layers',
  'data',
  'from-file-to-answer',
  'fine-tuning',
  'browser',
  'lab',
  'logs',
  'studies',
  'advise',
  'doctor',
  'reports',
  'porting',
  'from-tfjs',
  'science',
  'atlas',
  'article',
  'benchmarks',
]

const titleOf = (text) => /^# (.+)$/m.exec(text)[1].replaceAll(/[`_]/g, '')

/** Prepares a page: its first heading becomes its title, and what is not on the site is named, not linked. */
function prepare(file) {
  const [from, to] = [at('..', file), join(prepared, file)]
  const text = readFileSync(from, 'utf8')
  const linked = text.replaceAll(
    /(?<!!)\[((?:[^[\]]|\[[^\]]*\])*)\]\((?!https?:|#)([^)#\s]+)(#[^)\s]*)?\)/g,
    (all, label, path) => {
      const target = relative(at('..'), join(dirname(from), path))
      return /^docs\/.*\.md$/.test(target) && existsSync(at('..', target)) ? all : label
    },
  )
  mkdirSync(dirname(to), { recursive: true })
  writeFileSync(to, `---\ntitle: ${JSON.stringify(titleOf(text))}\n---\n${linked}`)
  return to
}

rmSync(prepared, { recursive: true, force: true })
rmSync(dist, { recursive: true, force: true })
const names = readdirSync(at('../docs')).filter((file) => file.endsWith('.md'))
const rank = (file) => (order.indexOf(file.slice(0, -3)) + order.length + 1) % (order.length + 1)
const guide = names.toSorted((a, b) => rank(a) - rank(b))
const decisions = readdirSync(at('../docs/decisions')).map((file) => `docs/decisions/${file}`)
for (const file of decisions) prepare(file)
for (const file of guide) prepare(`docs/${file}`)
writeFileSync(
  join(prepared, 'docs/decisions.md'),
  `---\ntitle: Decisions\nchildren:\n${decisions.map((file) => `  - ./${relative('docs', file)}\n`).join('')}---\n# Decisions\n\nWhy things are as they are, one page for each choice that a newcomer might question.\n`,
)
for (const file of readdirSync(at('../docs'), { recursive: true }).filter((file) =>
  /\.(?:svg|png)$/.test(file),
))
  cpSync(at('../docs', file), join(prepared, 'docs', file))
cpSync(at('index.md'), join(prepared, 'index.md'))

const typedoc = await Application.bootstrapWithPlugins({
  name: 'Evenstep',
  entryPoints: [at('../src/index.ts')],
  tsconfig: at('../tsconfig.json'),
  readme: join(prepared, 'index.md'),
  projectDocuments: [...guide, 'decisions.md'].map((file) => join(prepared, 'docs', file)),
  customCss: at('site.css'),
  customJs: at('site.js'),
  skipErrorChecking: true,
  excludeInternal: true,
  excludePrivate: true,
  disableGit: true,
  disableSources: true,
  hideGenerator: true,
  githubPages: false,
  sort: ['documents-first', 'source-order'],
  kindSortOrder: [
    'Document',
    'Project',
    'Module',
    'Namespace',
    'Function',
    'Class',
    'Variable',
    'Interface',
    'TypeAlias',
  ],
  headings: { readme: false },
  searchInComments: true,
  searchInDocuments: true,
  logLevel: 'Error',
})
const project = await typedoc.convert()
if (project === undefined) process.exit(1)
project.getChildByName('index').name = 'Reference'
await typedoc.generateDocs(project, dist)
if (typedoc.logger.hasErrors()) process.exit(1)
/** Returns a page whose headings leave out no level: a level is at most one below that of the heading before. */
function inOrder(text) {
  let [last, now] = [0, 0]
  return text.replaceAll(/<(\/?)h([1-6])\b/g, (_, end, level) => {
    if (end === '') {
      now = Math.min(Number(level), last + 1)
      last = now
    }
    return `<${end}h${now}`
  })
}

// TypeDoc's pages have no landmarks, and an empty heading of a column is none.
for (const file of readdirSync(dist, { recursive: true }).filter((file) => file.endsWith('.html'))) {
  const text = readFileSync(join(dist, file), 'utf8')
  const better = text
    .replace('<div class="col-content">', '<div class="col-content" role="main">')
    .replace('<div class="col-sidebar">', '<div class="col-sidebar" role="complementary">')
    .replaceAll(/<th>\s*<\/th>/g, '<td></td>')
    .replaceAll('<ul class="tsd-breadcrumb" aria-label="Breadcrumb">', '<ul class="tsd-breadcrumb">')
  writeFileSync(join(dist, file), inOrder(better))
}

// The lab, with all that its page loads; the page of runs needs a server. `npm run pages` has built both.
const app = join(dist, 'app')
for (const folder of ['lab', 'assets'])
  cpSync(at('../dist/pages', folder), join(app, folder), { recursive: true })
for (const file of readdirSync(join(app, 'assets')))
  if (file.includes('asyncify')) rmSync(join(app, 'assets', file)) // of WebGPU, which the lab does not use
