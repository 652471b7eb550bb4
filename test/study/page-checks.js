/** What the browser test asks of a page from within. Each gives a list of what is wrong, each with where it is. */
globalThis.checks = { overflow, collisions, unfold, fold, focus, background }

/** What sticks out to the side, but for what scrolls in a frame of its own. */
function overflow() {
  const width = document.documentElement.clientWidth
  const out = [...document.querySelectorAll('body *')]
    .filter((one) => !one.closest('.scroll, pre') || one.matches('.scroll, pre'))
    .filter((one) => one.getBoundingClientRect().right > width + 0.5)
  const whole = document.documentElement.scrollWidth
  return [
    ...(whole > width ? [`page: ${whole}`] : []),
    ...out.map((one) => `${one.tagName} ${one.textContent.slice(0, 40)}`),
  ]
}

/** Texts of a chart that lie on each other or out of the chart. */
function collisions() {
  return [...document.querySelectorAll('svg.chart')].flatMap((svg) => {
    const name = svg.querySelector('title').textContent
    const frame = svg.getBoundingClientRect()
    const texts = [...svg.querySelectorAll('text')].filter((text) => text.textContent !== '')
    const outside = texts.filter((text) => !within(text.getBoundingClientRect(), frame))
    const pairs = texts
      .flatMap((a, i) => texts.slice(i + 1).map((b) => [a, b]))
      .filter(([a, b]) => touch(a, b))
    return [
      ...outside.map((text) => `${name}: ${text.textContent} is outside`),
      ...pairs.map(([a, b]) => `${name}: ${a.textContent} lies on ${b.textContent}`),
    ]
  })
}

function within(box, frame) {
  return (
    box.left > frame.left - 2 &&
    box.right < frame.right + 2 &&
    box.top > frame.top - 2 &&
    box.bottom < frame.bottom + 2
  )
}

/** A line of text is higher than its letters: a fifth of it may overlap at each side. */
function touch(a, b) {
  const [p, q] = [a, b].map((text) => text.getBoundingClientRect())
  const slack = 0.2 * Math.min(p.height, q.height)
  return (
    p.left < q.right &&
    q.left < p.right &&
    p.top + slack < q.bottom - slack &&
    q.top + slack < p.bottom - slack
  )
}

const folded = new Set()

function unfold() {
  for (const details of document.querySelectorAll('details:not([open])')) {
    details.open = true
    folded.add(details)
  }
}

/** Folds what was unfolded. */
function fold() {
  for (const details of folded) details.open = false
}

/** Where the focus is, and how it is drawn. */
function focus() {
  const at = document.activeElement
  const { left, top } = at.getBoundingClientRect()
  return `${at.tagName} ${Math.round(left)} ${Math.round(top + scrollY)} ${getComputedStyle(at).outlineStyle}`
}

function background() {
  return getComputedStyle(document.body).backgroundColor
}
