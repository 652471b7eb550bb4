/** A piece of a text. */
interface Token {
  readonly kind: 'number' | 'word' | 'text' | 'sign' | 'end'
  readonly text: string
}

/** What a text is made of. */
export interface Lexicon {
  /** A pattern made by `tokenPattern`. */
  readonly token: RegExp
  /** Completes the sentence `wanted …` where no token matches. */
  readonly wanted: string
  /** Levels of nesting that are allowed, so that no text runs out of stack. */
  readonly maxDepth: number
  /** The error for what was found instead of what was wanted. */
  refusal(wanted: string, got: string): Error
}

/** A pattern of one token after any white space, from a pattern of each kind of token. */
export function tokenPattern(kinds: { readonly [K in Exclude<Token['kind'], 'end'>]?: RegExp }): RegExp {
  const groups = Object.entries(kinds).map(([kind, { source }]) => `(?<${kind}>${source})`)
  return new RegExp(`\\s*(?:${groups.join('|')})`, 'iy')
}

/** Reads a text token by token: what the parsers of schedules and of expressions share. */
export class Scanner {
  readonly #lexicon: Lexicon
  readonly #tokens: readonly Token[]
  #at = 0
  #depth = 0

  constructor(text: string, lexicon: Lexicon) {
    this.#lexicon = lexicon
    this.#tokens = tokenize(text, lexicon)
  }

  /** The next token. */
  protected get peek(): Token {
    return this.#tokens[this.#at]!
  }

  /** Whether `text` comes after the next token. */
  protected follows(text: string): boolean {
    return this.#tokens[this.#at + 1]?.text === text
  }

  /** Returns the next token and moves on. */
  protected next(): Token {
    return this.#tokens[this.#at++]!
  }

  /** Whether the next token is this word or sign. */
  protected sees(text: string): boolean {
    return (this.peek.kind === 'word' || this.peek.kind === 'sign') && this.peek.text === text
  }

  /** Moves past a word or sign, if it is the next token. */
  protected take(text: string): boolean {
    const found = this.sees(text)
    if (found) this.#at++
    return found
  }

  /** @throws the refusal of the next token, unless it is this word or sign */
  protected expect(text: string, wanted = text): void {
    if (!this.take(text)) throw this.refuse(wanted)
  }

  /** Reads what is nested one level deeper. */
  protected nested<T>(what: string, read: () => T): T {
    if (++this.#depth > this.#lexicon.maxDepth)
      throw this.refuse(`at most ${this.#lexicon.maxDepth} nested ${what}`)
    const result = read()
    this.#depth--
    return result
  }

  /** The error for the next token. */
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
