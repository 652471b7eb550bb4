import type { parseHTML } from 'linkedom'
import type { Chart, Plot } from './section.ts'

type Document = ReturnType<typeof parseHTML>['document']
type Node = ReturnType<Document['createElementNS']>

/** Draws a chart as the text of an SVG image that has a name and a description. */
export type Draw = (chart: Chart, id: string, title?: string) => string

/**
 * Loads what draws. Plot draws into a document; outside a browser linkedom lends one.
 *
 * Both are loaded here and not at the top, so that nobody else waits for them.
 */
export async function drawing(): Promise<{ readonly draw: Draw; readonly plot: Plot }> {
  const [plot, { parseHTML }] = await Promise.all([import('@observablehq/plot'), import('linkedom')])
  const { document } = parseHTML('<!doctype html><html><body></body></html>')
  return { plot, draw: (chart, id, title = '') => named(document, plot, chart, id, title) }
}

function named(document: Document, plot: Plot, chart: Chart, id: string, title: string): string {
  const options = chart.draw(plot)
  const svg = plot.plot({ ...options, document, className: 'chart', style: { fontSize: '11px' } })
  svg.querySelector('style')?.remove()
  // An image has no parts to be named: Plot's names of its marks would break ARIA's rules.
  for (const mark of svg.querySelectorAll('[aria-label]')) mark.removeAttribute('aria-label')
  svg.setAttribute('role', 'img')
  svg.setAttribute('aria-labelledby', `${id}-title ${id}-description`)
  svg.prepend(
    element(document, 'title', `${id}-title`, title || chart.description),
    element(document, 'desc', `${id}-description`, chart.description),
  )
  return svg.outerHTML
}

function element(document: Document, name: string, id: string, text: string): Node {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name)
  made.setAttribute('id', id)
  made.textContent = text
  return made
}
