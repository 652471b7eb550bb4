/** A token of a source text: a word, number, sign or quoted text, or the end of the source. */
interface Token {
  readonly kind: 'number' | 'word' | 'text' | 'sign' | 'end'
  readonly text: string
}

/** Rules for splitting a source text into tokens, and the error to throw if the text is invalid. */
export interface Lexicon {
  /** Pattern that matches any one token, made by `tokenPattern`. */
  readonly token: RegExp
  /** Description of what is expected, for the error where no token matches. */
  readonly wanted: string
  /** Maximum depth of nesting, low enough that the parser does not overflow the call stack. */
  readonly maxDepth: number
  /** Returns the error that says what was wanted, and which token was found instead. */
  refusal(wanted: string, got: string): Error
}

/** Returns a pattern that skips white space, then matches one token of any of these kinds (a named group). */
export function tokenPattern(kinds: { readonly [K in Exclude<Token['kind'], 'end'>]?: RegExp }): RegExp {
  const groups = Object.entries(kinds).map(([kind, { source }]) => `(?<${kind}>${source})`)
  return new RegExp(`\\s*(?:${groups.join('|')})`, 'iy')
}

/** Reads a source text token by token: the base class of the parsers of schedules and of expressions. */
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

  /** Whether the token after the next token is `text`. */
  protected follows(text: string): boolean {
    return this.#tokens[this.#at + 1]?.text === text
  }

  /** Returns the next token and advances past it. */
  protected next(): Token {
    return this.#tokens[this.#at++]!
  }

  /** Whether the next token is the word or sign `text`; does not advance. */
  protected sees(text: string): boolean {
    return (this.peek.kind === 'word' || this.peek.kind === 'sign') && this.peek.text === text
  }

  /** Advances past the next token if it is the word or sign `text`; returns whether it was. */
  protected take(text: string): boolean {
    const found = this.sees(text)
    if (found) this.#at++
    return found
  }

  /** Advances past the word or sign `text`. @throws the lexicon's refusal if the next token is another one */
  protected expect(text: string, wanted = text): void {
    if (!this.take(text)) throw this.refuse(wanted)
  }

  /** Returns `read()`; throws if such calls nest too deeply. @param what names the nested items in the error */
  protected nested<T>(what: string, read: () => T): T {
    const { maxDepth } = this.#lexicon
    if (++this.#depth > maxDepth) throw this.refuse(`at most ${maxDepth} nested ${what}`)
    const result = read()
    this.#depth--
    return result
  }

  /** Returns the error that says `wanted` was wanted, but `got`, by default the next token, was found. */
  protected refuse(wanted: string, got: string = this.peek.text): Error {
    return this.#lexicon.refusal(wanted, got)
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
