// Colours of heat maps: viridis, which is even to the eye and to readers with any colour vision. Source: van der Walt and
// Smith 2015, https://bids.github.io/colormap/.

const stops = [
  [68, 1, 84],
  [72, 40, 120],
  [62, 74, 137],
  [49, 104, 142],
  [38, 130, 142],
  [31, 158, 137],
  [53, 183, 121],
  [109, 205, 89],
  [180, 222, 44],
  [253, 231, 37],
] as const

/** Returns the colours of a cell: the brightest for 0, the best, and the darkest for 1; with an ink that can be read. */
export function shade(at: number): { readonly background: string; readonly color: string } {
  const place = (1 - Math.min(1, Math.max(0, at))) * (stops.length - 1)
  const i = Math.min(stops.length - 2, Math.floor(place))
  const mixed = [0, 1, 2].map((c) => stops[i]![c]! + (place - i) * (stops[i + 1]![c]! - stops[i]![c]!))
  const luminance = [0.2126, 0.7152, 0.0722].reduce((sum, weight, c) => sum + weight * linear(mixed[c]!), 0)
  const color = (luminance + 0.05) ** 2 > 1.05 * 0.05 ? '#000' : '#fff'
  return { background: `rgb(${mixed.map(Math.round).join(' ')})`, color }
}

const linear = (channel: number): number =>
  channel / 255 <= 0.04045 ? channel / 255 / 12.92 : ((channel / 255 + 0.055) / 1.055) ** 2.4
