import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'
import { median } from './statistics.mjs'

const libraries = ['Evenstep', 'PyTorch']

/**
 * Draws how the time of a step grows with width, depth and batch, for Evenstep and PyTorch with the better number of
 * threads; both axes are logarithmic.
 *
 * @returns an SVG, or undefined if the results have no growth
 */
export function chartOf({ workloads }) {
  const points = workloads.filter(({ growth }) => growth).flatMap(pointsOf)
  if (points.length === 0) return undefined
  const { document } = parseHTML('<!doctype html><body></body>')
  const line = { x: 'at', y: 'ms', fx: 'axis', stroke: 'library' }
  const svg = Plot.plot({
    document,
    width: 840,
    height: 300,
    fx: { label: null, domain: ['width', 'depth', 'batch'] },
    x: { type: 'log', label: null, ticks: 4, tickFormat: '~s', grid: true },
    y: { type: 'log', label: 'ms a step', ticks: 4, tickFormat: '~f', grid: true },
    color: { domain: libraries, range: ['#1f6feb', '#d1570c'] },
    facet: { data: points, x: 'axis' },
    marks: [
      Plot.frame(),
      Plot.line(points, line),
      Plot.dot(points, { ...line, r: 2.5 }),
      ...libraries.map((library, i) => {
        const place = { frameAnchor: 'top-left', dx: 8, dy: 10 + 16 * i }
        return Plot.text([{ library, axis: 'width' }], {
          ...place,
          fx: 'axis',
          text: 'library',
          fill: 'library',
        })
      }),
    ],
  })
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  svg.setAttribute('style', 'background: white; color: black')
  return `${svg.outerHTML}\n`
}

function pointsOf({ growth: { axis, at }, times }) {
  const best = (name) =>
    Math.min(
      ...Object.entries(times)
        .filter(([contender]) => contender.startsWith(name) && !contender.includes('WASM'))
        .map(([, { rounds }]) => median(rounds)),
    )
  return libraries.flatMap((library) => {
    const ms = best(library) / 1e3
    return Number.isFinite(ms) ? [{ axis, at, library, ms }] : []
  })
}
