/**
 * Parses schedules written as short text, in this grammar ([ ] optional, { } repeated any number of times).
 *
 *     schedule = [ 'warmup' length [ shape ] [ 'from' number ] '+' ] series
 *     series   = item { 'for' length 'then' item }
 *     item     = number | phrase | call | '(' schedule ')'
 *     phrase   = head number { word number | word length | 'over' 'rest' }       see phrase.ts
 *     call     = type '(' [ value { ',' [ field ':' ] value } ] ')'
 *     value    = length | word | 'text' | '[' [ value { ',' value } ] ']' | schedule, depending on the field
 *     length   = number [ '%' ]                                                  steps, or a share of the run
 */

import { FormatError } from '../../core/errors.ts'
import { nearest, showValue } from '../../core/mismatch.ts'
import type { Declared } from '../../core/options.ts'
import { type Percent, percentIn, type StepCount } from '../length.ts'
import { inner, inners } from '../options.ts'
import type { Schedule, SpecValue } from '../schedule.ts'
import { fromJson, fromSpec, kindOf } from '../spec.ts'
import { warmupShapes } from '../warmup.ts'
import { type Phrase, phrases } from './phrase.ts'
import { Scanner, tokenPattern } from './scanner.ts'

/**
 * Returns the schedule described by a spec object, or by text: JSON or short text. A number becomes a
 * `constant` schedule; a schedule is returned unchanged.
 *
 * @throws {ArgumentError} naming a field that is unknown, missing, of the wrong type or out of range
 * @throws {FormatError} when text is neither JSON nor short text
 * @example schedule.parse('warmup 500 + cosine 0.1 to 0 over 20000')(499) // 0.0998003992015968
 */
export function parse(source: unknown): Schedule {
  if (typeof source !== 'string') return fromSpec(source)
  return source.trimStart().startsWith('{') ? fromJson(source) : fromSpec(new Parser(source).parse())
}

const token = tokenPattern({
  number: /-?(?:\d+\.?\d*|\.\d+)(?:\s*%|(?:e[+-]?\d+)?)(?![\w.%])/,
  word: /[a-z]\w*/,
  text: /'[^']*'|"[^"]*"/,
  sign: /[()[\],:+]/,
})

class Parser extends Scanner {
  constructor(source: string) {
    const refusal = (wanted: string, got: string) =>
      new FormatError(`schedule.parse: wanted ${wanted} in ${showValue(source)}, got ${got}`)
    super(source, { token, wanted: 'a schedule', maxDepth: 50, refusal })
  }

  parse(): SpecValue {
    const spec = this.schedule()
    if (this.peek.kind !== 'end') throw this.refuse('the end')
    return spec
  }

  private schedule(): SpecValue {
    return this.nested('schedules', () =>
      this.sees('warmup') && !this.follows('(') ? this.warmup() : this.series(),
    )
  }

  private warmup(): SpecValue {
    this.next()
    const steps = this.length("'warmup'")
    const shape = warmupShapes.find((name) => this.take(name))
    const startFactor = this.take('from') ? this.number("'from'") : undefined
    this.expect('+', "+ and a schedule after 'warmup'")
    return { type: 'warmup', schedule: this.series(), steps, startFactor, shape }
  }

  private series(): SpecValue {
    const schedules = [this.item()]
    const milestones: StepCount[] = []
    while (this.take('for')) {
      milestones.push(this.later(milestones.at(-1)))
      this.expect('then', "'then' and a schedule after 'for'")
      schedules.push(this.item())
    }
    return milestones.length === 0 ? schedules[0]! : { type: 'sequential', schedules, milestones }
  }

  /** Reads the length after 'for'; returns the next milestone: the previous one, `before`, plus this length. */
  private later(before: StepCount = 0): StepCount {
    const unit = typeof before === 'number' ? 'a number of steps' : 'a percentage'
    const { text } = this.peek
    const length = this.length("'for'")
    const percent = percentIn(length)
    if (before === 0 || (percent === undefined) === (typeof before === 'number')) {
      const sum = (percent ?? Number(length)) + (percentIn(before) ?? Number(before))
      return percent === undefined ? sum : `${sum}%`
    }
    throw this.refuse(`${unit} after 'for', as before`, text)
  }

  private item(): SpecValue {
    if (this.peek.kind === 'number') return { type: 'constant', value: this.number('the start') }
    if (this.take('(')) {
      const spec = this.schedule()
      this.expect(')')
      return spec
    }
    const { kind, text } = this.peek
    if (kind !== 'word') throw this.refuse('a schedule')
    if (this.follows('(')) return this.call()
    const phrase = phrases.find(({ head }) => head === text)
    if (phrase !== undefined) return this.phrase(phrase)
    const guess = nearest(text, headWords)
    const got = guess === undefined ? text : `${text}; did you mean ${guess}?`
    throw this.refuse(`a number, a call like step(0.1, stepSize: 30), or one of ${headWords.join(', ')}`, got)
  }

  private phrase({ head, fields: [first, ...rest], toSpec }: Phrase): SpecValue {
    this.next()
    const whole = Object.fromEntries(
      rest.flatMap(([word, field]) => (word === 'over' ? [[field, 'rest']] : [])),
    )
    const values: Record<string, StepCount> = { [first]: this.number(`'${head}'`) }
    for (;;) {
      const found = rest.find(([word, field]) => values[field] === undefined && this.take(word))
      if (found === undefined) break
      const [word, field] = found
      const after = `'${word}'`
      if (word === 'over' && this.take('rest')) values[field] = 'rest'
      else values[field] = lengthWords.has(word) ? this.length(after) : this.number(after)
    }
    return toSpec(Object.assign(whole, values))
  }

  private call(): SpecValue {
    const type = this.next().text
    this.next()
    const { fields } = kindOf(type)
    const names = Object.keys(fields)
    const spec: Record<string, SpecValue> & { type: string } = { type }
    for (let i = 0; !this.take(')'); i++) {
      if (i > 0) this.expect(',', ', or )')
      const named = this.peek.kind === 'word' && this.follows(':')
      const name = named ? this.next().text : names[i]
      if (name === undefined) throw this.refuse(`at most ${names.length} values for ${type}`)
      if (named) this.next()
      if (Object.hasOwn(spec, name)) throw this.refuse(`${name} once`)
      spec[name] = this.value(fields[name])
    }
    return spec
  }

  private value(field: Declared[string] | undefined): SpecValue {
    if (field === inner) return this.schedule()
    if (field === inners) return this.list(() => this.schedule())
    if (this.sees('[')) return this.list(() => this.value(undefined))
    const { kind, text } = this.peek
    if (kind === 'sign' || kind === 'end') throw this.refuse('a value')
    this.next()
    if (kind === 'number') return lengthOf(text)
    if (kind === 'text') return text.slice(1, -1)
    return kind === 'word' && (text === 'true' || text === 'false') ? text === 'true' : text
  }

  private list(read: () => SpecValue): SpecValue[] {
    return this.nested('lists', () => {
      this.expect('[')
      const values: SpecValue[] = []
      while (!this.take(']')) {
        if (values.length > 0) this.expect(',', ', or ]')
        values.push(read())
      }
      return values
    })
  }

  private number(after: string): number {
    const { kind, text } = this.peek
    if (kind !== 'number' || text.endsWith('%')) throw this.refuse(`a number after ${after}`)
    return Number(this.next().text)
  }

  private length(after: string): StepCount {
    if (this.peek.kind !== 'number') throw this.refuse(`a number of steps or a percentage after ${after}`)
    return lengthOf(this.next().text)
  }
}

const lengthOf = (text: string): StepCount =>
  text.endsWith('%') ? (text.replace(/\s/, '') as Percent) : Number(text)

/** Words after which a schedule's text has a length, not a value: `over 10` in `cosine 1 to 0 over 10`. */
const lengthWords: ReadonlySet<string> = new Set(['over', 'every'])

const headWords = ['warmup', ...phrases.map(({ head }) => head)]
