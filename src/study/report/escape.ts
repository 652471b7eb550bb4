/** Escapes text for HTML, between tags or in a quoted attribute. */
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => entities[character]!)

type Entities = Readonly<Record<string, string>>
const entities: Entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Escapes text for a paragraph or table of Markdown, and joins its lines. */
export const escapeMarkdown = (text: string): string =>
  text
    .replace(/[\\`*_[\]<|~]/g, '\\$&')
    .replace(/&(?=#?\w+;)/g, '&amp;')
    .replace(/\s+/g, ' ')

/** Replaces characters that HTML forbids: control characters, lone surrogates and noncharacters. */
export const visible = (text: string): string =>
  text.replace(/(?![\t\n\r])[\p{Control}\p{Surrogate}\p{Noncharacter_Code_Point}]/gu, '\ufffd')
