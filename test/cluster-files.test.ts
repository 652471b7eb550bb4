import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')
const pages = ['docs/cluster.md', 'docs/orchestrators.md'].map(read)

test.each(readdirSync(new URL('../examples/cluster', import.meta.url)))(
  'examples/cluster/%s is shown as it is, once',
  (name) => {
    const blocks = pages.flatMap((page) =>
      [...page.matchAll(/^```\w+\n([\s\S]*?)^```$/gm)].map(([, code]) => code),
    )
    expect(blocks.filter((code) => code === read(`examples/cluster/${name}`))).toHaveLength(1)
  },
)
