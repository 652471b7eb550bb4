import type { JSX } from 'preact'
import { choose, nextTheme, theme } from '../shared/theme.ts'
import { ComparePage } from './compare.tsx'
import { ListPage } from './list.tsx'
import { type Route, route } from './route.ts'
import { RunPage } from './run.tsx'
import { StudyPage } from './study.tsx'

const page = (to: Route): JSX.Element => {
  if (to.page === 'run') return <RunPage key={to.id} id={to.id} />
  if (to.page === 'study') return <StudyPage key={to.id} id={to.id} />
  if (to.page === 'compare') return <ComparePage key={to.ids.join('\n')} ids={to.ids} />
  return <ListPage />
}

/** The page: a bar above what the address asks for. */
export const App = (): JSX.Element => (
  <>
    <header class="bar">
      <a class="brand" href="#/">
        Evenstep
      </a>
      <nav aria-label="pages">
        <a href="#/" aria-current={route.value.page === 'list' ? 'page' : undefined}>
          Runs
        </a>
        <a href="./lab/">Lab</a>
      </nav>
      <button type="button" onClick={() => choose(nextTheme(theme.value))}>
        {`Colours: ${theme.value}`}
      </button>
    </header>
    <main>{page(route.value)}</main>
  </>
)
