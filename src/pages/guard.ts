import { createHash, timingSafeEqual } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'

// A page of another site can make a browser send requests here, and a name that it owns can be made to lead to 127.0.0.1
// (DNS rebinding). So a request must be addressed to this server by a name that only this machine gives it, and what says
// where it comes from must name this server as well.

/** Returns the name of the cookie that carries the token: servers at several ports of a machine share its cookies. */
const cookieOf = (host: string): string => `evenstep-token-${/:(\d+)$/.exec(host)?.[1] ?? '80'}`

/** Names by which a browser on this machine addresses it. */
const local = ['127.0.0.1', 'localhost', '[::1]']

/**
 * Refuses requests that do not come from a page of this server, or from a program on this machine.
 *
 * @param token text that each request must carry, at first as `?token=…` and then as a cookie. Without one, a request must
 *   be addressed to this machine by one of its local names.
 */
export function guard(token: string | undefined): MiddlewareHandler {
  return async (context, next) => {
    const { req } = context
    const host = req.header('host') ?? ''
    const name = host.replace(/:\d+$/, '')
    if (token === undefined && !local.includes(name)) return context.text('wrong host\n', 403)
    if (!isOwn(host, req.header('origin'), req.header('sec-fetch-site'), req.method))
      return context.text('cross-site request\n', 403)
    if (token !== undefined) {
      const given = req.query('token')
      const cookie = cookieOf(host)
      if (!isEqual(given ?? getCookie(context, cookie), token)) return context.text('wrong token\n', 401)
      if (given !== undefined) {
        setCookie(context, cookie, token, { httpOnly: true, sameSite: 'Strict', path: '/' })
        return context.redirect('/')
      }
    }
    for (const [header, value] of Object.entries(headers)) context.header(header, value)
    return next()
  }
}

const headers = {
  'content-security-policy':
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; worker-src 'self' blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp', // so that the lab may use threads
}

/** Whether a request says, as far as it says anything, that it comes from this server. */
function isOwn(host: string, origin: string | undefined, site: string | undefined, method: string): boolean {
  if (origin !== undefined && origin !== `http://${host}`) return false
  if (method !== 'GET' && method !== 'HEAD' && origin === undefined) return false
  return site === undefined || site === 'same-origin' || site === 'none'
}

/** Compares in a time that does not depend on where the texts differ. */
function isEqual(given: string | undefined, token: string): boolean {
  const [a, b] = [given ?? '', token].map((text) => createHash('sha256').update(text).digest())
  return timingSafeEqual(a!, b!)
}
