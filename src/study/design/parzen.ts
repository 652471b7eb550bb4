import type { Random } from '../../core/random.ts'

/** A probability density on [0, 1): its value at `x`, and random draws from it. */
export interface Density {
  at(x: number): number
  draw(source: Random): number
}

/**
 * Returns a Parzen estimate of the density of n points: the mean of n + 1 normal densities truncated to [0, 1),
 * one centred at each point and one at 0.5. The standard deviation at a point is the distance to its farther
 * neighbour (a point, 0 or 1), but at least 1 / (n + 1) and at least 0.01; at 0.5 it is 1.
 *
 * Source: Bergstra et al. 2011, "Algorithms for Hyper-Parameter Optimization", section 4.2.
 */
export function continuous(points: readonly number[]): Density {
  const normals = [{ mean: 0.5, width: 1 }, ...normalsAbout([...points].sort((a, b) => a - b))]
  return {
    at: (x) => normals.reduce((sum, normal) => sum + densityOf(normal, x), 0) / normals.length,
    draw(source) {
      const { mean, width } = normals[Math.floor(source.uniform() * normals.length)]!
      for (;;) {
        const x = source.normal(mean, width)
        if (x >= 0 && x < 1) return x
      }
    },
  }
}

type Normal = { readonly mean: number; readonly width: number }

function normalsAbout(sorted: readonly number[]): Normal[] {
  const least = 1 / Math.min(100, sorted.length + 1)
  return sorted.map((mean, i) => {
    const gap = Math.max(mean - (sorted[i - 1] ?? 0), (sorted[i + 1] ?? 1) - mean)
    return { mean, width: Math.max(gap, least) }
  })
}

/** Returns the density at `x` of a normal distribution with standard deviation `width`, truncated to [0, 1]. */
function densityOf({ mean, width }: Normal, x: number): number {
  const inside = normalDistribution((1 - mean) / width) - normalDistribution(-mean / width)
  return Math.exp(-(((x - mean) / width) ** 2) / 2) / (Math.sqrt(2 * Math.PI) * width * inside)
}

/** Returns P(Z ≤ z) of a standard normal Z, within 1e-7. Source: Abramowitz & Stegun 1964, formula 26.2.17. */
function normalDistribution(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z))
  const series =
    t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
  const tail = (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * series
  return z > 0 ? 1 - tail : tail
}

/** Returns the histogram of points in [0, 1) as a density: `count` equal bins, 1 added to each bin's count. */
export function discrete(points: readonly number[], count: number): Density {
  const times = new Float64Array(count).fill(1)
  for (const x of points) times[Math.floor(x * count)]! += 1
  const total = points.length + count
  return {
    at: (x) => (count * times[Math.floor(x * count)]!) / total,
    draw(source) {
      let [left, value] = [source.uniform(0, total), 0]
      while (value < count - 1 && left >= times[value]!) left -= times[value++]!
      return (value + 0.5) / count
    },
  }
}
