import { escapeHtml } from './escape.ts'
import { style } from './style.ts'

/**
 * Wraps parts of HTML in a page.
 *
 * Its content security policy keeps the browser from loading or running anything, whatever the parts contain.
 */
export const page = (title: string, parts: readonly string[]): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>
${style()}
</style>
</head>
<body>
<main>
${parts.filter((part) => part !== '').join('\n\n')}
</main>
</body>
</html>
`
