import '../shared/theme.css'
import { render } from 'preact'
import { startTheme } from '../shared/theme.ts'

startTheme()
render(<main>…</main>, document.getElementById('app')!)
