import { existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, extname, join } from 'node:path'
import { type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { rolldown } from 'rolldown'
import { expect } from 'vitest'
import { repository } from './command.ts'

const executablePath = '/usr/bin/chromium'

/** Whether tests in Chromium can run: it is installed or, in continuous integration, must be. */
export const hasChromium: boolean = existsSync(executablePath) || Boolean(process.env.CI)

/** Whether the pages of `evenstep ui` are built before the tests: what builds them is installed or, in CI, will be. */
export const hasPages: boolean =
  existsSync(join(repository, 'pages/node_modules/vite')) || Boolean(process.env.CI)

/** A strict policy: scripts of this server only, no `eval`, WebAssembly permitted. */
const policy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'"

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.wasm': 'application/wasm',
}

/** Pages of Chromium from a local server that permits no `eval`. */
export interface Served {
  /** Opens a page. All share one origin and what it stores. @param path its address on the server. @default index.html */
  open(path?: string): Promise<Page>
  /** Kills the processes of all pages and their workers. */
  kill(): Promise<void>
  /** Closes the pages, but not Chromium. */
  close(): Promise<void>
}

/** Modules in `test/browser` that pages and workers load. */
const modules = ['training', 'worker', 'docs-worker', 'kept', 'wasm', 'gpu', 'data', 'imported']

let scripts: Promise<ReadonlyMap<string, string>> | undefined

/**
 * Serves an empty page, also as `/isolated`, where it is isolated from other origins, and the modules in `test/browser` as
 * `/NAME.js`, in bundles as those of a web page: the package is resolved by its name and the condition `browser`.
 *
 * @param files files of the repository that are served too, by their paths
 */
export async function serve(files: readonly string[] = []): Promise<Served> {
  scripts ??= bundled(modules)
  const known = await scripts
  const empty = '<!doctype html><title>page</title>'
  return served((path) => {
    if (['index.html', 'isolated'].includes(path)) return empty
    if (files.includes(path)) return readFileSync(join(repository, path))
    return known.get(path) ?? engine(basename(path))
  })
}

/** Serves the files in a folder, such as a site that was built. */
export const serveFolder = (folder: string): Promise<Served> =>
  served((path) => {
    const file = join(folder, path)
    return existsSync(file) ? readFileSync(file) : undefined
  })

/** Headers by which a page is isolated from other origins, as threads require; its workers have them too. */
const isolated = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
}

/** Arguments for a GPU in software, which takes time: only continuous integration tests it. */
const gpu = [
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--enable-features=Vulkan',
  '--use-vulkan=swiftshader',
]

/**
 * Arguments for Chromium, which makes up a camera. WebAssembly is compiled once, by V8's fast compiler: to compile it again,
 * optimized, takes longer than these short trainings gain. Results are the same to the bit.
 */
const args = [
  '--js-flags=--liftoff-only',
  '--no-sandbox',
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
  '--host-resolver-rules=MAP evil.example 127.0.0.1',
  ...(process.env.CI ? gpu : []),
]

let launched: Promise<BrowserContext> | undefined

/** Starts Chromium once for all files of tests that a process runs; it ends with the process. */
function chromiumOf(): Promise<BrowserContext> {
  const profile = (): string => mkdtempSync(join(tmpdir(), 'evenstep-chromium-'))
  launched ??= chromium.launchPersistentContext(profile(), { executablePath, args })
  return launched
}

/** Opens a page in a context of its own, in the Chromium that all files of tests share; an error in it fails the test. */
export async function openPage(address: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await (await chromiumOf())
    .browser()!
    .newContext({ viewport: { width: 1280, height: 1000 }, ...options })
  const page = await context.newPage()
  page.on('close', () => context.close())
  page.on('pageerror', (error) => expect.fail(String(error.stack)))
  page.setDefaultTimeout(240_000)
  await page.goto(address)
  return page
}

async function served(contentOf: (path: string) => string | Buffer | undefined): Promise<Served> {
  const server = createServer(({ url = '/' }, response) => {
    const path = new URL(url, 'http://localhost').pathname.slice(1) || 'index.html'
    const body = contentOf(path)
    response.setHeader('content-type', types[extname(path)] ?? 'text/html')
    response.setHeader('content-security-policy', policy)
    response.setHeader('cache-control', 'max-age=3600')
    if (extname(path) !== '.html')
      for (const [key, value] of Object.entries(isolated)) response.setHeader(key, value)
    response.statusCode = body === undefined ? 404 : 200
    response.end(body)
  }).listen(0)
  const browser = await chromiumOf()
  const alive: Page[] = []
  return {
    async open(path = '') {
      const page = await browser.newPage()
      alive.push(page)
      page.setDefaultTimeout(240_000)
      await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/${path}`)
      return page
    },
    async close() {
      await Promise.all(alive.map((page) => page.close()))
      server.close()
    },
    async kill() {
      const session = await browser.browser()!.newBrowserCDPSession()
      const { processInfo } = await session.send('SystemInfo.getProcessInfo')
      const crashes = alive.splice(0).map((page) => page.waitForEvent('crash'))
      for (const { id, type } of processInfo) if (type === 'renderer') process.kill(id, 'SIGKILL')
      await Promise.all(crashes)
    },
  }
}

/** Bundles modules; returns the files by name. */
async function bundled(entries: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const bundle = await rolldown({
    cwd: repository,
    input: Object.fromEntries(entries.map((name) => [name, join(repository, `test/browser/${name}.ts`)])),
    platform: 'browser',
    tsconfig: false, // which resolves the package to its sources
    logLevel: 'silent',
  })
  const { output } = await bundle.generate({
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
  })
  await bundle.close()
  return new Map(output.flatMap((file) => (file.type === 'chunk' ? [[file.fileName, file.code]] : [])))
}

/** Returns a file of ONNX Runtime, which finds its WebAssembly beside the script. */
function engine(name: string): Buffer | undefined {
  const file = join(repository, 'node_modules/onnxruntime-web/dist', name)
  return /^ort-[\w.-]+$/.test(name) && existsSync(file) ? readFileSync(file) : undefined
}

/** Calls a function that module `/NAME.js` exports, in a page; arguments and result are plain values. */
export const call = <T>(page: Page, module: string, name: string, ...values: unknown[]): Promise<T> =>
  page.evaluate<T>(`import('/${module}.js').then((m) => m.${name}(...${JSON.stringify(values)}))`)
