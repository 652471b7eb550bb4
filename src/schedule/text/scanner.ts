/** A word, number, sign or quoted text, or the end of the source. */
interface Token {
  readonly kind: 'number' | 'word' | 'text' | 'sign' | 'end'
  readonly text: string
}

/** Rules for splitting a source into tokens, and for refusing one. */
export interface Lexicon {
  /** Pattern of a token, from `tokenPattern`. */
  readonly token: RegExp
  /** Completes the error `wanted …` where no token matches. */
  readonly wanted: string
  /** Maximum depth of nesting, which keeps recursion within the stack. */
  readonly maxDepth: number
  /** Returns the error for an unexpected token. */
  refusal(wanted: string, got: string): Error
}

/** Combines a pattern for each kind of token into the pattern of any token after optional white space. */
export function tokenPattern(kinds: { readonly [K in Exclude<Token['kind'], 'end'>]?: RegExp }): RegExp {
  const groups = Object.entries(kinds).map(([kind, { source }]) => `(?<${kind}>${source})`)
  return new RegExp(`\\s*(?:${groups.join('|')})`, 'iy')
}

/** Base class of the parsers of schedules and of expressions: reads a source token by token. */
export class Scanner {
  readonly #lexicon: Lexicon
  readonly #tokens: readonly Token[]
  #at = 0
  #depth = 0

  constructor(text: string, lexicon: Lexicon) {
    this.#lexicon = lexicon
    this.#tokens = tokenize(text, lexicon)
  }

  protected get peek(): Token {
    return this.#tokens[this.#at]!
  }

  /** Whether the token after the next one is `text`. */
  protected follows(text: string): boolean {
    return this.#tokens[this.#at + 1]?.text === text
  }

  /** Returns the next token and advances. */
  protected next(): Token {
    return this.#tokens[this.#at++]!
  }

  /** Whether the next token is this word or sign. */
  protected sees(text: string): boolean {
    return (this.peek.kind === 'word' || this.peek.kind === 'sign') && this.peek.text === text
  }

  /** Advances if the next token is this word or sign, and returns whether it is. */
  protected take(text: string): boolean {
    const found = this.sees(text)
    if (found) this.#at++
    return found
  }

  /** Advances past this word or sign. @throws the refusal of any other token */
  protected expect(text: string, wanted = text): void {
    if (!this.take(text)) throw this.refuse(wanted)
  }

  /** Runs `read` one level of nesting deeper. @param what names the nested items in the error */
  protected nested<T>(what: string, read: () => T): T {
    const { maxDepth } = this.#lexicon
    if (++this.#depth > maxDepth) throw this.refuse(`at most ${maxDepth} nested ${what}`)
    const result = read()
    this.#depth--
    return result
  }

  /** Returns the error for the next token. */
  protected refuse(wanted: string): Error {
    return this.#lexicon.refusal(wanted, this.peek.text)
  }
}

function tokenize(text: string, { token, wanted, refusal }: Lexicon): Token[] {
  const tokens: Token[] = []
  const end = text.trimEnd().length
  token.lastIndex = 0
  while (token.lastIndex < end) {
    const at = token.lastIndex
    const groups = token.exec(text)?.groups
    if (groups === undefined) throw refusal(wanted, text.slice(at).trim().split(/\s/)[0]!)
    const [kind, found] = Object.entries(groups).find(([, found]) => found !== undefined)!
    tokens.push({ kind: kind as Token['kind'], text: found })
  }
  tokens.push({ kind: 'end', text: 'the end' })
  return tokens
}
