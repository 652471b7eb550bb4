import { render } from 'preact'
import '../shared/theme.css'
import './lab.css'
import { startTheme } from '../shared/theme.ts'
import { App } from './app.tsx'
import { readLink } from './lab.ts'

startTheme()
readLink()
addEventListener('hashchange', readLink)
render(<App />, document.getElementById('page')!)
