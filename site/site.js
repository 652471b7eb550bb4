// In the navigation, the name of what can be opened is a link inside of a control. Assistive technology knows one of the two
// only: here the name opens, and the page comes first in what is opened.
const separate = () => {
  for (const link of document.querySelectorAll('summary .tsd-anchor-icon')) link.remove()
  for (const link of document.querySelectorAll('nav summary a')) {
    const list = link.closest('details')?.querySelector('ul')
    const name = document.createElement('span')
    name.append(...link.childNodes)
    link.replaceWith(name)
    if (list === null || list === undefined) continue
    const item = document.createElement('li')
    link.textContent = `About ${name.textContent.trim()}`
    item.append(link)
    list.prepend(item)
  }
}
new MutationObserver(separate).observe(document.documentElement, { childList: true, subtree: true })
separate()
