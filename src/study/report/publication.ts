/** A publication that a report or a claim cites. */
export interface Publication {
  /** Key in BibTeX: first author, year and first word, such as `ioffe2015batch`. */
  readonly key: string
  /** Authors as BibTeX has them: joined by ` and `. */
  readonly authors: string
  readonly title: string
  readonly year: number
  /** Where it was published: a journal or a conference; for a book, the publisher. Absent if only on arXiv. */
  readonly in?: string
  readonly type?: 'article' | 'inproceedings' | 'book'
  /** Number on arXiv, such as `1502.03167`. */
  readonly arxiv?: string
  readonly doi?: string
}

/** Name of the BibTeX field that holds `in`, by type of entry. */
const places = { article: 'journal', inproceedings: 'booktitle', book: 'publisher' } as const

/** Formats a source as an entry of a BibTeX file; `misc` unless it says where it was published. */
export function bibtex({
  key,
  authors,
  title,
  year,
  in: place,
  type = 'inproceedings',
  arxiv,
  doi,
}: Publication): string {
  const fields = {
    author: authors,
    title: `{${title}}`, // in braces, so that styles keep its capitals
    ...(place !== undefined && { [places[type]]: place }),
    year: String(year),
    ...(arxiv !== undefined && { eprint: arxiv, archivePrefix: 'arXiv' }),
    ...(doi !== undefined && { doi }),
  }
  const lines = Object.entries(fields).map(([name, value]) => `  ${name} = {${escapeTex(value)}}`)
  return `@${place === undefined ? 'misc' : type}{${key},\n${lines.join(',\n')}\n}`
}

/** Escapes what TeX would interpret in a text; braces, which protect capitals, stay. */
const escapeTex = (text: string): string =>
  text
    .replace(/[&%#_]/g, '\\$&')
    .normalize('NFD')
    .replace(/(.)([\u0300-\u036f])/g, (_, letter: string, mark: string) => `{\\${accents[mark]}{${letter}}}`)

/** TeX's commands for combining accents: acute and diaeresis. */
const accents: Readonly<Record<string, string>> = { '\u0301': "'", '\u0308': '"' }
