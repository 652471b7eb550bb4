import '../shared/theme.css'
import './ui.css'
import { render } from 'preact'
import { startTheme } from '../shared/theme.ts'
import { App } from './app.tsx'
import { startRoute } from './route.ts'

startTheme()
startRoute()
render(<App />, document.getElementById('app')!)
