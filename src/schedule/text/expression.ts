/**
 * Arithmetic as text, compiled once to closures over numbers.
 *
 *     choice   = compare [ '?' choice ':' choice ]
 *     compare  = sum [ ('<' | '<=' | '>' | '>=' | '==' | '!=') sum ]         1 when true, else 0
 *     sum      = product { ('+' | '-') product }
 *     product  = sign { ('*' | '/') sign }
 *     sign     = '-' sign | power
 *     power    = atom [ '^' sign ]                                           right to left, before the sign
 *     atom     = number | variable | 'pi' | function '(' choice { ',' choice } ')' | '(' choice ')'
 *
 * Also × for *, ÷ for /, − for -. The text reaches its variables and the functions below, and nothing else.
 */
import { ArgumentError } from '../../core/errors.ts'

/** An expression's value for its first and second variable. */
export type Expression = (a: number, b: number) => number

const functions: ReadonlyMap<
  string,
  { readonly arity: 1 | 2; readonly f: (x: number, y: number) => number }
> = new Map(
  Object.entries({
    sqrt: { arity: 1, f: (x) => Math.sqrt(x) },
    exp: { arity: 1, f: (x) => Math.exp(x) },
    log: { arity: 1, f: (x) => Math.log(x) },
    cos: { arity: 1, f: (x) => Math.cos(x) },
    floor: { arity: 1, f: (x) => Math.floor(x) },
    abs: { arity: 1, f: (x) => Math.abs(x) },
    min: { arity: 2, f: (x, y) => Math.min(x, y) },
    max: { arity: 2, f: (x, y) => Math.max(x, y) },
    pow: { arity: 2, f: (x, y) => x ** y },
  }),
)

const compares: ReadonlyMap<string, (x: Expression, y: Expression) => Expression> = new Map([
  ['<=', (x, y) => (a, b) => (x(a, b) <= y(a, b) ? 1 : 0)],
  ['>=', (x, y) => (a, b) => (x(a, b) >= y(a, b) ? 1 : 0)],
  ['==', (x, y) => (a, b) => (x(a, b) === y(a, b) ? 1 : 0)],
  ['!=', (x, y) => (a, b) => (x(a, b) !== y(a, b) ? 1 : 0)],
  ['<', (x, y) => (a, b) => (x(a, b) < y(a, b) ? 1 : 0)],
  ['>', (x, y) => (a, b) => (x(a, b) > y(a, b) ? 1 : 0)],
])

const token =
  /\s*(?:(\d+\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?)|([a-z]\w*)|(<=|>=|==|!=|[-+*/^()<>?:,×÷−]))/iy
const alias: Readonly<Record<string, string>> = { '×': '*', '÷': '/', '−': '-' }
const maxLength = 1000
const maxDepth = 100

interface Token {
  readonly kind: 'number' | 'name' | 'sign' | 'end'
  readonly text: string
  readonly at: number
}

/**
 * The function that an expression describes.
 *
 * @throws {ArgumentError} when the text is not an expression of `variables`
 */
export function compileExpression(
  text: string,
  variables: readonly [string, string?],
  who = 'expression',
): Expression {
  return new Parser(text, variables, who).parse()
}

class Parser {
  private readonly tokens: readonly Token[]
  private next = 0
  private depth = 0
  private readonly text: string
  private readonly variables: readonly [string, string?]
  private readonly who: string

  constructor(text: string, variables: readonly [string, string?], who: string) {
    this.text = text
    this.variables = variables
    this.who = who
    if (text.length > maxLength) throw this.refuse(`at most ${maxLength} characters`, `${text.length}`)
    this.tokens = this.tokenize()
  }

  parse(): Expression {
    const result = this.choice()
    if (this.peek.kind !== 'end') throw this.unexpected('an operator or the end')
    return result
  }

  private choice(): Expression {
    if (++this.depth > maxDepth) throw this.refuse(`at most ${maxDepth} nested parts`, 'more')
    const test = this.compare()
    let result = test
    if (this.take('?')) {
      const yes = this.choice()
      this.expect(':')
      const no = this.choice()
      result = (a, b) => (test(a, b) !== 0 ? yes(a, b) : no(a, b))
    }
    this.depth--
    return result
  }

  private compare(): Expression {
    const x = this.sum()
    const compare = compares.get(this.peek.text)
    if (compare === undefined) return x
    this.next++
    return compare(x, this.sum())
  }

  private sum(): Expression {
    let x = this.product()
    for (;;) {
      const left = x
      if (this.take('+')) x = add(left, this.product())
      else if (this.take('-')) x = subtract(left, this.product())
      else return x
    }
  }

  private product(): Expression {
    let x = this.sign()
    for (;;) {
      const left = x
      if (this.take('*')) x = multiply(left, this.sign())
      else if (this.take('/')) x = divide(left, this.sign())
      else return x
    }
  }

  private sign(): Expression {
    if (!this.take('-')) return this.power()
    if (++this.depth > maxDepth) throw this.refuse(`at most ${maxDepth} nested parts`, 'more')
    const x = this.sign()
    this.depth--
    return (a, b) => -x(a, b)
  }

  private power(): Expression {
    const x = this.atom()
    if (!this.take('^')) return x
    if (++this.depth > maxDepth) throw this.refuse(`at most ${maxDepth} nested parts`, 'more')
    const y = this.sign()
    this.depth--
    return (a, b) => x(a, b) ** y(a, b)
  }

  private atom(): Expression {
    const { kind, text } = this.peek
    if (kind === 'number') {
      this.next++
      const value = Number(text)
      return () => value
    }
    if (kind === 'name') return this.name(text)
    if (!this.take('(')) throw this.unexpected('a number, a variable, a function or (')
    const x = this.choice()
    this.expect(')')
    return x
  }

  private name(name: string): Expression {
    if (name === this.variables[0]) return this.accept((a) => a)
    if (name === this.variables[1]) return this.accept((_, b) => b)
    if (name === 'pi') return this.accept(() => Math.PI)
    const found = functions.get(name)
    const known = [...this.variables, 'pi', ...functions.keys()].join(', ')
    if (found === undefined) throw this.refuse(`one of ${known}`, name)
    this.next++
    return this.call(name, found.arity, found.f)
  }

  private call(name: string, arity: number, f: (x: number, y: number) => number): Expression {
    this.expect('(')
    const x = this.choice()
    let y = x
    if (arity === 2) {
      if (!this.take(',')) throw this.unexpected(`${name} with 2 arguments`)
      y = this.choice()
    }
    this.expect(')')
    return arity === 1 ? (a, b) => f(x(a, b), 0) : (a, b) => f(x(a, b), y(a, b))
  }

  private accept(x: Expression): Expression {
    this.next++
    return x
  }

  private take(sign: string): boolean {
    const found = this.peek.kind === 'sign' && this.peek.text === sign
    if (found) this.next++
    return found
  }

  private expect(sign: string): void {
    if (!this.take(sign)) throw this.unexpected(sign)
  }

  private get peek(): Token {
    return this.tokens[this.next]!
  }

  private tokenize(): Token[] {
    const tokens: Token[] = []
    const end = this.text.trimEnd().length
    token.lastIndex = 0
    while (token.lastIndex < end) {
      const at = token.lastIndex
      const match = token.exec(this.text)
      if (match === null)
        throw this.refuse(`an expression of ${this.variables.join(', ')}`, this.text.slice(at).trim()[0]!)
      const [, digits, name, sign] = match
      if (digits !== undefined) tokens.push({ kind: 'number', text: digits, at })
      else if (name !== undefined) tokens.push({ kind: 'name', text: name, at })
      else tokens.push({ kind: 'sign', text: alias[sign!] ?? sign!, at })
    }
    tokens.push({ kind: 'end', text: 'the end', at: this.text.length })
    return tokens
  }

  private unexpected(wanted: string): ArgumentError {
    return this.refuse(wanted, this.peek.text)
  }

  private refuse(wanted: string, got: string): ArgumentError {
    const where = this.text.length > 60 ? `${this.text.slice(0, 57)}...` : this.text
    return new ArgumentError(`${this.who}: wanted ${wanted} in '${where}', got ${got}`)
  }
}

const add =
  (x: Expression, y: Expression): Expression =>
  (a, b) =>
    x(a, b) + y(a, b)
const subtract =
  (x: Expression, y: Expression): Expression =>
  (a, b) =>
    x(a, b) - y(a, b)
const multiply =
  (x: Expression, y: Expression): Expression =>
  (a, b) =>
    x(a, b) * y(a, b)
const divide =
  (x: Expression, y: Expression): Expression =>
  (a, b) =>
    x(a, b) / y(a, b)
