/** Escapes text for use in HTML between tags or in a quoted attribute. */
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => entities[character]!)

type Entities = Readonly<Record<string, string>>
const entities: Entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/**
 * Escapes text for use in a Markdown paragraph or table, also so that GitHub does not turn addresses in it into links.
 * Replaces line breaks by spaces.
 */
export const escapeMarkdown = (text: string): string =>
  text
    .replace(/[\\`*_[\]<|~]/g, '\\$&')
    .replace(/:(?=\/\/)|\bwww(?=\.)/gi, '$&\\')
    .replace(/&(?=#?\w+;)/g, '&amp;')
    .replace(/\s+/g, ' ')
