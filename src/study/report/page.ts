import { escapeHtml } from './escape.ts'
import { style } from './style.ts'

/**
 * A page around some parts of HTML.
 *
 * Its policy lets the browser load nothing and run nothing, whatever the parts say.
 */
export function page(title: string, parts: readonly string[]): string {
  return `<!doctype html>
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
}
