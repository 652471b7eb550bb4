import { dataNames } from './data-sets.ts'

/** A change of a net while it trains, from step number `step` on. */
export type Change =
  | { readonly step: number; readonly kind: 'rate'; readonly factor: number }
  | { readonly step: number; readonly kind: 'freeze' | 'noDecay' | 'decayFree' }

export const normalizations = ['batch', 'layer', 'none'] as const
export type NormalizationName = (typeof normalizations)[number]

/** A net, and how it is trained. */
export interface Net {
  /** Number of hidden layers. */
  readonly depth: number
  /** Number of units in a hidden layer. */
  readonly width: number
  readonly normalization: NormalizationName
  /** Factor of the hidden layers' initial weights. */
  readonly scale: number
  /** Highest learning rate. */
  readonly rate: number
  /** Factor of the hidden layers' learning rates. */
  readonly hiddenRate: number
  /** Schedule as text, multiplied by `rate`. */
  readonly shape: string
  readonly momentum: number
  readonly weightDecay: number
  /** Weight of the newest batch in the running statistics. */
  readonly statistics: number
  readonly changes: readonly Change[]
}

/** Everything that the lab trains: what all nets share, and the nets. */
export interface Setting {
  readonly data: string
  readonly batchSize: number
  readonly steps: number
  readonly seed: number
  readonly nets: readonly Net[]
}

export const defaultNet: Net = {
  depth: 1,
  width: 100,
  normalization: 'batch',
  scale: 1,
  rate: 0.1,
  hiddenRate: 1,
  shape: 'cosine 1 to 0',
  momentum: 0.9,
  weightDecay: 5e-4,
  statistics: 0.1,
  changes: [],
}

export const defaultSetting: Setting = {
  data: 'digits',
  batchSize: 64,
  steps: 1500,
  seed: 0,
  nets: [defaultNet, { ...defaultNet, normalization: 'none' }],
}

/** Bounds of a number in a setting: the lowest and highest value, and whether it is an integer. */
export interface Limits {
  readonly min: number
  readonly max: number
  readonly whole?: boolean
}

/** Limits of what all nets share. */
export const limits = {
  batchSize: { min: 2, max: 1024, whole: true },
  steps: { min: 10, max: 100_000, whole: true },
  seed: { min: 0, max: 1e9, whole: true },
} as const satisfies Partial<Record<keyof Setting, Limits>>

/** Limits of a net's numbers. */
export const netLimits = {
  depth: { min: 1, max: 8, whole: true },
  width: { min: 2, max: 512, whole: true },
  scale: { min: 0.01, max: 100 },
  rate: { min: 0, max: 1e6 },
  hiddenRate: { min: 0.001, max: 1e4 },
  momentum: { min: 0, max: 0.999 },
  weightDecay: { min: 0, max: 1 },
  statistics: { min: 0, max: 1 },
} as const satisfies Partial<Record<keyof Net, Limits>>

/** Most nets that train side by side. */
export const mostNets = 3

export type NetNumber = keyof typeof netLimits

/** Says what is wrong with a number; undefined if nothing is. */
export function faultOf(value: unknown, { min, max, whole = false }: Limits): string | undefined {
  const fits =
    typeof value === 'number' && value >= min && value <= max && (!whole || Number.isInteger(value))
  return fits ? undefined : `${whole ? 'an integer' : 'a number'} from ${min} to ${max}`
}

/** A setting that the lab does not understand. */
export class SettingError extends Error {}

const wanted = (name: string, what: string, got: unknown): SettingError =>
  new SettingError(`lab: wanted ${name} as ${what}, got ${String(JSON.stringify(got)).slice(0, 60)}`)

/** Checks what a link holds, and fills in defaults. @throws {SettingError} naming the first value that is wrong. */
export function checkedSetting(value: unknown): Setting {
  const given = objectIn('setting', value, defaultSetting)
  if (!dataNames.includes(given.data as string))
    throw wanted('data', `one of ${dataNames.join(', ')}`, given.data)
  for (const [name, limit] of Object.entries(limits)) check(name, given[name], limit)
  const { nets } = given
  if (!Array.isArray(nets) || nets.length < 1 || nets.length > mostNets)
    throw wanted('nets', `a list of 1 to ${mostNets}`, nets)
  return {
    ...given,
    nets: nets.map((net, i) => checkedNet(`nets[${i}]`, net, given.steps as number)),
  } as unknown as Setting
}

function checkedNet(path: string, value: unknown, steps: number): Net {
  const net = objectIn(path, value, defaultNet)
  for (const [name, limit] of Object.entries(netLimits)) check(`${path}.${name}`, net[name], limit)
  if (!normalizations.includes(net.normalization as NormalizationName))
    throw wanted(`${path}.normalization`, `one of ${normalizations.join(', ')}`, net.normalization)
  if (typeof net.shape !== 'string' || net.shape.length > 2000)
    throw wanted(`${path}.shape`, 'the text of a schedule', net.shape)
  if (!Array.isArray(net.changes) || net.changes.length > 20)
    throw wanted(`${path}.changes`, 'a list of at most 20', net.changes)
  const isFreezable = net.normalization === 'batch'
  for (const [i, change] of net.changes.entries())
    checkChange(`${path}.changes[${i}]`, change, steps, isFreezable)
  return net as unknown as Net
}

function checkChange(path: string, value: unknown, steps: number, isFreezable: boolean): void {
  const { step, kind, factor, ...others } = Object(value) as Record<string, unknown>
  const isFreeze = kind === 'freeze' // there are no statistics to keep before the first step
  check(`${path}.step`, step, { min: isFreeze ? 1 : 0, max: steps, whole: true })
  if (isFreeze && !isFreezable) throw wanted(`${path}.kind`, 'freeze for batch normalization only', kind)
  const isRate = kind === 'rate'
  if (!isRate && !['freeze', 'noDecay', 'decayFree'].includes(kind as string))
    throw wanted(`${path}.kind`, 'one of rate, freeze, noDecay, decayFree', kind)
  if (isRate) check(`${path}.factor`, factor, { min: 0, max: 1e6 })
  if (Object.keys(others).length > 0 || (!isRate && factor !== undefined))
    throw wanted(path, 'step, kind and, of a rate, factor', value)
}

function check(name: string, value: unknown, limit: Limits): void {
  const fault = faultOf(value, limit)
  if (fault !== undefined) throw wanted(name, fault, value)
}

/** Returns an object with the defaults filled in. @throws {SettingError} when a key is unknown. */
function objectIn(path: string, value: unknown, defaults: object): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wanted(path, 'an object', value)
  const stranger = Object.keys(value).find((key) => !Object.hasOwn(defaults, key))
  if (stranger !== undefined) throw wanted(path, `an object of ${Object.keys(defaults).join(', ')}`, stranger)
  return { ...defaults, ...value }
}
