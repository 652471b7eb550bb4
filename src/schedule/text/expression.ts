/**
 * Compiles arithmetic expressions to JavaScript functions ([ ] optional, { } repeated any number of times).
 *
 *     choice   = compare [ '?' choice ':' choice ]
 *     compare  = sum [ ('<' | '<=' | '>' | '>=' | '==' | '!=') sum ]         1 when true, else 0
 *     sum      = product { ('+' | '-') product }
 *     product  = sign { ('*' | '/') sign }
 *     sign     = '-' sign | power
 *     power    = atom [ '^' sign ]                                           right to left, before the sign
 *     atom     = number | variable | 'pi' | function '(' choice { ',' choice } ')' | '(' choice ')'
 *
 * × may stand for *, ÷ for / and − for -. An expression can use its variables and the functions of this file,
 * but nothing else of JavaScript.
 */

import { ArgumentError } from '../../core/errors.ts'
import { Scanner, tokenPattern } from './scanner.ts'

/** A compiled expression: a function of the values of its first and second variable. */
export type Expression = (a: number, b: number) => number

const { sqrt, exp, log, cos, floor, abs, min, max, pow } = Math
const builtins: ReadonlyMap<string, (x: number, y: number) => number> = new Map(
  Object.entries({ sqrt, exp, log, cos, floor, abs, min, max, pow }),
)

type Operators = ReadonlyMap<string, (x: Expression, y: Expression) => Expression>

const comparisons: Operators = new Map([
  ['<=', (x, y) => (a, b) => (x(a, b) <= y(a, b) ? 1 : 0)],
  ['>=', (x, y) => (a, b) => (x(a, b) >= y(a, b) ? 1 : 0)],
  ['==', (x, y) => (a, b) => (x(a, b) === y(a, b) ? 1 : 0)],
  ['!=', (x, y) => (a, b) => (x(a, b) !== y(a, b) ? 1 : 0)],
  ['<', (x, y) => (a, b) => (x(a, b) < y(a, b) ? 1 : 0)],
  ['>', (x, y) => (a, b) => (x(a, b) > y(a, b) ? 1 : 0)],
])
const sums: Operators = new Map([
  ['+', (x, y) => (a, b) => x(a, b) + y(a, b)],
  ['-', (x, y) => (a, b) => x(a, b) - y(a, b)],
])
const products: Operators = new Map([
  ['*', (x, y) => (a, b) => x(a, b) * y(a, b)],
  ['/', (x, y) => (a, b) => x(a, b) / y(a, b)],
])

const token = tokenPattern({
  number: /(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?/,
  word: /[a-z]\w*/,
  sign: /<=|>=|==|!=|[-+*/^()<>?:,]/,
})
const ascii: Readonly<Record<string, string>> = { '×': '*', '÷': '/', '−': '-' }

/** Maximum length of an expression, in characters. */
export const maxLength = 1000

type Variables = readonly [string, string?]

/** Compiles an expression to a function. @throws {ArgumentError} if it is not an expression of `variables` */
export const compileExpression = (text: string, variables: Variables, who = 'expression'): Expression =>
  new Parser(text, variables, who).parse()

class Parser extends Scanner {
  readonly #variables: Variables

  constructor(text: string, variables: Variables, who: string) {
    const where = text.length > 60 ? `${text.slice(0, 57)}...` : text
    const refusal = (wanted: string, got: string) =>
      new ArgumentError(`${who}: wanted ${wanted} in '${where}', got ${got}`)
    if (text.length > maxLength) throw refusal(`at most ${maxLength} characters`, `${text.length}`)
    const source = text.replace(/[×÷−]/g, (sign) => ascii[sign]!)
    super(source, { token, wanted: `an expression of ${variables.join(', ')}`, maxDepth: 100, refusal })
    this.#variables = variables
  }

  parse(): Expression {
    const result = this.choice()
    if (this.peek.kind !== 'end') throw this.refuse('an operator or the end')
    return result
  }

  private choice(): Expression {
    return this.nested('expressions', () => {
      const test = this.comparison()
      if (!this.take('?')) return test
      const yes = this.choice()
      this.expect(':')
      const no = this.choice()
      return (a, b) => (test(a, b) !== 0 ? yes(a, b) : no(a, b))
    })
  }

  private comparison(): Expression {
    const x = this.sum()
    const compare = this.operator(comparisons)
    return compare === undefined ? x : compare(x, this.sum())
  }

  private sum(): Expression {
    return this.chain(sums, () => this.product())
  }

  private product(): Expression {
    return this.chain(products, () => this.sign())
  }

  /** Parses one or more operands with these operators between them, to be evaluated from left to right. */
  private chain(operators: Operators, operand: () => Expression): Expression {
    let x = operand()
    for (;;) {
      const operator = this.operator(operators)
      if (operator === undefined) return x
      x = operator(x, operand())
    }
  }

  private operator(operators: Operators): ReturnType<Operators['get']> {
    const found = operators.get(this.peek.text)
    if (found !== undefined) this.next()
    return found
  }

  private sign(): Expression {
    if (!this.take('-')) return this.power()
    const x = this.nested('expressions', () => this.sign())
    return (a, b) => -x(a, b)
  }

  private power(): Expression {
    const x = this.atom()
    if (!this.take('^')) return x
    const y = this.nested('expressions', () => this.sign())
    return (a, b) => x(a, b) ** y(a, b)
  }

  private atom(): Expression {
    const { kind, text } = this.peek
    if (kind === 'number') {
      const value = Number(this.next().text)
      return () => value
    }
    if (kind === 'word') return this.name(text)
    this.expect('(', 'a number, a variable, a function or (')
    const x = this.choice()
    this.expect(')')
    return x
  }

  private name(name: string): Expression {
    const builtin = builtins.get(name)
    const known = [...this.#variables, 'pi', ...builtins.keys()]
    if (!known.includes(name)) throw this.refuse(`one of ${known.join(', ')}`)
    this.next()
    if (name === this.#variables[0]) return (a) => a
    if (name === this.#variables[1]) return (_, b) => b
    return builtin === undefined ? () => Math.PI : this.call(name, builtin)
  }

  /** Parses the arguments of a call of `f`: as many as `f` declares, one or two. */
  private call(name: string, f: (x: number, y: number) => number): Expression {
    this.expect('(')
    const x = this.choice()
    if (f.length === 1) {
      this.expect(')')
      return (a, b) => f(x(a, b), 0)
    }
    this.expect(',', `${name} with 2 arguments`)
    const y = this.choice()
    this.expect(')')
    return (a, b) => f(x(a, b), y(a, b))
  }
}
