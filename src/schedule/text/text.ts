/**
 * Schedules as short text.
 *
 *     schedule = [ 'warmup' number [ shape ] [ 'from' number ] '+' ] series
 *     series   = item { 'for' number 'then' item }
 *     item     = number | phrase | call | '(' schedule ')'
 *     phrase   = head number { word number }                                     see phrase.ts
 *     call     = type '(' [ value { ',' [ field ':' ] value } ] ')'
 *     value    = number | word | 'text' | '[' [ value { ',' value } ] ']' | schedule, where the field is one
 */
import { FormatError } from '../../core/errors.ts'
import { showValue } from '../../core/mismatch.ts'
import type { Field } from '../field.ts'
import type { Schedule, SpecValue } from '../schedule.ts'
import { fromJson, fromSpec, kindOf } from '../spec.ts'
import { warmupShapes } from '../warmup.ts'
import { type Phrase, phrases } from './phrase.ts'

/**
 * The schedule that a spec, JSON or short text describes. A number alone is that constant; a schedule is itself.
 *
 * @throws {ArgumentError} naming the field, when one is unknown, missing, of the wrong type or out of range
 * @throws {FormatError} when text is neither JSON nor the short form
 * @example schedule.parse('warmup 500 + cosine 0.1 to 0 over 20000')(499) // 0.0998003992015968
 */
export function parse(source: unknown): Schedule {
  if (typeof source !== 'string') return fromSpec(source)
  return source.trimStart().startsWith('{') ? fromJson(source) : fromSpec(new Parser(source).parse())
}

const token =
  /\s*(?:(-?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(?![\w.])|([a-z]\w*)|'([^']*)'|"([^"]*)"|([()[\],:+]))/iy
const maxDepth = 50

interface Token {
  readonly kind: 'number' | 'word' | 'text' | 'sign' | 'end'
  readonly text: string
}

class Parser {
  private readonly source: string
  private readonly tokens: readonly Token[]
  private next = 0
  private depth = 0

  constructor(source: string) {
    this.source = source
    this.tokens = this.tokenize()
  }

  parse(): SpecValue {
    const spec = this.schedule()
    if (this.peek.kind !== 'end') throw this.refuse('the end')
    return spec
  }

  private schedule(): SpecValue {
    if (++this.depth > maxDepth) throw this.refuse(`at most ${maxDepth} nested schedules`)
    const spec =
      this.isWord('warmup') && this.tokens[this.next + 1]?.text !== '(' ? this.warmup() : this.series()
    this.depth--
    return spec
  }

  private warmup(): SpecValue {
    this.next++
    const steps = this.number("'warmup'")
    const shape = warmupShapes.find((name) => this.isWord(name))
    if (shape !== undefined) this.next++
    const startFactor = this.takeWord('from') ? this.number("'from'") : undefined
    if (!this.take('+')) throw this.refuse("+ and a schedule after 'warmup'")
    return { type: 'warmup', schedule: this.series(), steps, startFactor, shape }
  }

  private series(): SpecValue {
    const schedules = [this.item()]
    const milestones: number[] = []
    while (this.takeWord('for')) {
      milestones.push((milestones.at(-1) ?? 0) + this.number("'for'"))
      if (!this.takeWord('then')) throw this.refuse("'then' and a schedule after 'for'")
      schedules.push(this.item())
    }
    return milestones.length === 0 ? schedules[0]! : { type: 'sequential', schedules, milestones }
  }

  private item(): SpecValue {
    if (this.peek.kind === 'number') return { type: 'constant', value: this.number('the start') }
    if (this.take('(')) {
      const spec = this.schedule()
      if (!this.take(')')) throw this.refuse(')')
      return spec
    }
    const { kind, text } = this.peek
    if (kind !== 'word') throw this.refuse('a schedule')
    this.next++
    if (this.take('(')) return this.call(text)
    const phrase = phrases.find(({ head }) => head === text)
    if (phrase !== undefined) return this.phrase(phrase)
    this.next--
    throw this.refuse(`a number, a call like step(0.1, stepSize: 30), or one of ${heads}`)
  }

  private phrase({ head, fields: [first, ...rest], needs, toSpec }: Phrase): SpecValue {
    const values: Record<string, number> = { [first]: this.number(`'${head}'`) }
    for (;;) {
      const part = rest.find(([word, field]) => this.isWord(word) && values[field] === undefined)
      if (part === undefined) break
      this.next++
      values[part[1]] = this.number(`'${part[0]}'`)
    }
    const missing = rest.find(([word, field]) => word === needs && values[field] === undefined)
    if (missing !== undefined) throw this.refuse(`'${needs}' and a number after '${head}'`)
    return toSpec(values)
  }

  private call(type: string): SpecValue {
    const { fields } = kindOf(type)
    const names = Object.keys(fields)
    const spec: Record<string, SpecValue> & { type: string } = { type }
    for (let i = 0; !this.take(')'); i++) {
      if (i > 0 && !this.take(',')) throw this.refuse(', or )')
      const named = this.peek.kind === 'word' && this.tokens[this.next + 1]?.text === ':'
      const name = named ? this.peek.text : names[i]
      if (name === undefined) throw this.refuse(`at most ${names.length} values for ${type}`)
      if (named) this.next += 2
      if (Object.hasOwn(spec, name)) throw this.refuse(`${name} once`)
      spec[name] = this.value(Object.hasOwn(fields, name) ? fields[name] : undefined)
    }
    return spec
  }

  private value(field: Field<unknown> | undefined): SpecValue {
    if (field?.kind === 'schedule') return this.schedule()
    if (field?.kind === 'schedules') return this.list(() => this.schedule())
    if (this.peek.text === '[' && this.peek.kind === 'sign') return this.list(() => this.value(undefined))
    const { kind, text } = this.peek
    if (kind === 'sign' || kind === 'end') throw this.refuse('a value')
    this.next++
    if (kind === 'number') return Number(text)
    return kind === 'word' && (text === 'true' || text === 'false') ? text === 'true' : text
  }

  private list(read: () => SpecValue): SpecValue[] {
    if (++this.depth > maxDepth) throw this.refuse(`at most ${maxDepth} nested lists`)
    if (!this.take('[')) throw this.refuse('[')
    const values: SpecValue[] = []
    while (!this.take(']')) {
      if (values.length > 0 && !this.take(',')) throw this.refuse(', or ]')
      values.push(read())
    }
    this.depth--
    return values
  }

  private number(after: string): number {
    if (this.peek.kind !== 'number') throw this.refuse(`a number after ${after}`)
    return Number(this.tokens[this.next++]!.text)
  }

  private take(sign: string): boolean {
    const found = this.peek.kind === 'sign' && this.peek.text === sign
    if (found) this.next++
    return found
  }

  private takeWord(word: string): boolean {
    const found = this.isWord(word)
    if (found) this.next++
    return found
  }

  private isWord(word: string): boolean {
    return this.peek.kind === 'word' && this.peek.text === word
  }

  private get peek(): Token {
    return this.tokens[this.next]!
  }

  private tokenize(): Token[] {
    const tokens: Token[] = []
    const end = this.source.trimEnd().length
    token.lastIndex = 0
    while (token.lastIndex < end) {
      const at = token.lastIndex
      const match = token.exec(this.source)
      if (match === null)
        throw refusal('a schedule', this.source, this.source.slice(at).trim().split(/\s/)[0]!)
      const [, number, word, single, double, sign] = match
      if (number !== undefined) tokens.push({ kind: 'number', text: number })
      else if (word !== undefined) tokens.push({ kind: 'word', text: word })
      else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign })
      else tokens.push({ kind: 'text', text: single ?? double ?? '' })
    }
    tokens.push({ kind: 'end', text: 'the end' })
    return tokens
  }

  private refuse(wanted: string): FormatError {
    return refusal(wanted, this.source, this.peek.text)
  }
}

const heads = ['warmup', ...phrases.map(({ head }) => head)].join(', ')

function refusal(wanted: string, source: string, got: string): FormatError {
  return new FormatError(`schedule.parse: wanted ${wanted} in ${showValue(source)}, got ${got}`)
}
