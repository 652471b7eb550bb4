/** Escapes text for HTML, between tags or in a quoted attribute. */
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => entities[character]!)

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Escapes text for a paragraph or table of Markdown, and puts it on one line. */
export const escapeMarkdown = (text: string): string =>
  text
    .replace(/[\\`*_[\]<|~]/g, '\\$&')
    .replace(/&(?=#?\w+;)/g, '&amp;')
    .replace(/\s+/g, ' ')

/** Replaces characters that HTML forbids: control characters, lone surrogates and noncharacters. */
export const visible = (text: string): string =>
  text.replace(/(?![\t\n\r])[\p{Control}\p{Surrogate}\p{Noncharacter_Code_Point}]/gu, '\ufffd')
