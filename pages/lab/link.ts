import {
  checkedSetting,
  defaultNet,
  defaultSetting,
  type Net,
  type Setting,
  SettingError,
} from './setting.ts'

/** Returns the fragment of a link that holds a setting: JSON of what differs from the defaults, percent-encoded. */
export function toHash(setting: Setting): string {
  const nets = setting.nets.map((net) => differing(net, defaultNet))
  const given = { ...differing(setting, { ...defaultSetting, nets: undefined }), nets }
  const text = encodeURIComponent(JSON.stringify(given)).replaceAll("'", '%27')
  return `#${text.replaceAll('%22', "'").replaceAll('%2C', ',').replaceAll('%3A', ':')}`
}

/**
 * Returns the setting that a link's fragment holds; undefined if it is empty.
 *
 * @throws {SettingError} when it holds none, or a value is out of range.
 */
export function fromHash(hash: string): Setting | undefined {
  const text = hash.replace(/^#/, '')
  if (text === '') return undefined
  return checkedSetting(jsonIn(text))
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(decodeURIComponent(text.replaceAll("'", '%22')))
  } catch {
    throw new SettingError('lab: wanted a setting in the link, got something else; it may have been cut off')
  }
}

/** Returns the entries of a net or setting that differ from the defaults. */
function differing<T extends Net | Setting>(value: T, defaults: object): Partial<T> {
  const known = defaults as Readonly<Record<string, unknown>>
  const entries = Object.entries(value).filter(
    ([key, one]) => JSON.stringify(one) !== JSON.stringify(known[key]),
  )
  return Object.fromEntries(entries) as Partial<T>
}
