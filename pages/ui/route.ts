import { type ReadonlySignal, signal } from '@preact/signals'

/** What the address of the page asks for. */
export type Route =
  | { readonly page: 'list' }
  | { readonly page: 'run'; readonly id: string }
  | { readonly page: 'study'; readonly id: string }
  | { readonly page: 'compare'; readonly ids: readonly string[] }

/** Returns the part of an address that leads to a route. */
export function addressOf(route: Route): string {
  if (route.page === 'list') return '#/'
  if (route.page === 'compare') return `#/compare?${query({ id: route.ids })}`
  return `#/${route.page}?${query({ id: route.id })}`
}

/** Returns values as the query of an address; a list is a value for each of its items. */
export const query = (values: Readonly<Record<string, string | number | readonly string[]>>): string =>
  new URLSearchParams(
    Object.entries(values).flatMap(([name, value]) => [value].flat().map((one) => [name, String(one)])),
  ).toString()

function routeIn(hash: string): Route {
  const [page, text = ''] = hash.slice(2).split('?')
  const ids = new URLSearchParams(text).getAll('id')
  const [id] = ids
  if (page === 'compare' && id !== undefined) return { page, ids }
  return (page === 'run' || page === 'study') && id !== undefined ? { page, id } : { page: 'list' }
}

const now = signal(routeIn(location.hash))

/** The route of the address, as it is now. */
export const route: ReadonlySignal<Route> = now

/** Follows the address from now on. */
export function startRoute(): void {
  addEventListener('hashchange', () => {
    now.value = routeIn(location.hash)
    scrollTo(0, 0)
    document.querySelector<HTMLElement>('h1')?.focus()
  })
}
