// Checks the built site: each link leads to a file, and to an element if it names one; axe finds nothing on a page of each
// kind, light and dark, wide and narrow. Prints what is wrong; the exit status is 1 then.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { dirname, extname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const dist = fileURLToPath(new URL('dist', import.meta.url))
const root = createRequire(new URL('../package.json', import.meta.url))
const files = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.html'),
)
const texts = new Map(files.map((file) => [file, readFileSync(join(dist, file), 'utf8')]))
const ids = new Map(
  [...texts].map(([file, text]) => [
    file,
    new Set([...text.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id)),
  ]),
)
const wrong = []

for (const [file, text] of texts)
  for (const [, given] of text.matchAll(/\s(?:href|src)="([^"]+)"/g)) {
    const link = given.replaceAll('&amp;', '&')
    if (/^(?:data|mailto):/.test(link)) continue
    if (/^(?:https?:)?\/\//.test(link)) {
      if (text.includes(`src="${given}"`)) wrong.push(`${file}: loads ${link}`)
      continue
    }
    const [path, hash] = link.split('#')
    const target = path === '' ? file : relative(dist, join(dist, dirname(file), decodeURIComponent(path)))
    if (!existsSync(join(dist, target))) wrong.push(`${file}: no file ${link}`)
    else if (hash && ids.has(target) && !ids.get(target).has(decodeURIComponent(hash)))
      wrong.push(`${file}: no element ${link}`)
  }

const kinds = [
  'index.html',
  'modules/Reference.nn.html',
  'classes/Reference.nn.BatchNorm1d.html',
  'functions/Reference.train.run.html',
  'documents/Schedules.html',
  'documents/Porting_from_PyTorch.html',
  'documents/Decisions.html',
]
const types = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
}
const server = createServer(({ url }, response) => {
  const file = join(dist, decodeURIComponent(new URL(url, 'http://localhost').pathname))
  if (!existsSync(file) || !extname(file)) return response.writeHead(404).end()
  response
    .writeHead(200, { 'content-type': types[extname(file)] ?? 'application/octet-stream' })
    .end(readFileSync(file))
}).listen(0)
const browser = await root('playwright-core').chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox'],
})
const axe = readFileSync(root.resolve('axe-core/axe.min.js'), 'utf8')
const pictures = process.env.EVENSTEP_SCREENSHOTS

/**
 * Shapes of a page. A narrow, dark one that was checked when it was wide and light is checked for colours and widths alone:
 * colours do not depend on the width, nor sizes on the colours.
 */
const shapes = [
  { shape: 'light', colorScheme: 'light', width: 1280 },
  {
    shape: 'dark, narrow',
    colorScheme: 'dark',
    width: 390,
    rules: [
      'color-contrast',
      'link-in-text-block',
      'target-size',
      'scrollable-region-focusable',
      'meta-viewport',
    ],
  },
]

/** Checks a page in each of its shapes. */
async function look(kind) {
  if (!existsSync(join(dist, kind))) return wrong.push(`no page ${kind}`)
  const page = await browser.newPage()
  await page.goto(`http://localhost:${server.address().port}/${kind}`)
  await page.locator('#tsd-nav-container a').first().waitFor({ state: 'attached' }) // made by a script
  await page.evaluate(axe)
  for (const { shape, colorScheme, width, rules } of shapes) {
    await page.setViewportSize({ width, height: 900 })
    await page.emulateMedia({ colorScheme })
    // The lab, in a frame of the first page, has a test of its own.
    const options = {
      resultTypes: ['violations'],
      iframes: false,
      ...(rules && { runOnly: { type: 'rule', values: rules } }),
    }
    const { violations } = await page.evaluate(`axe.run(document, ${JSON.stringify(options)})`)
    for (const { id, nodes } of violations)
      wrong.push(`${kind}, ${shape}: ${id}, as in ${nodes[0].html.slice(0, 160)}`)
    if ((await page.evaluate('document.documentElement.scrollWidth - innerWidth')) > 0)
      wrong.push(`${kind}, ${shape}: wider than its window`)
    if (pictures)
      await page.screenshot({ path: join(pictures, `site-${kind.replaceAll('/', '-')}-${colorScheme}.png`) })
  }
  await page.close()
}

const left = [...kinds]
await Promise.all(
  [0, 1].map(async () => {
    for (let kind = left.shift(); kind !== undefined; kind = left.shift()) await look(kind)
  }),
)
await browser.close()
server.close()
for (const line of wrong) console.log(line)
console.log(`${texts.size} pages, ${wrong.length} findings`)
process.exitCode = wrong.length > 0 ? 1 : 0
