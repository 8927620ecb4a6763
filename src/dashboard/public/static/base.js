// What the pages do beyond their links and forms. Without this script, only the live updates are missing.

/**
 * The parts as the server wrote them: `enhance` changes them.
 * @type {WeakMap<Element, string>}
 */
const sources = new WeakMap()

/** Replaces every part with `data-live` by the part with the same id of the page as it is now. */
async function refresh() {
  const response = await fetch(location.href)
  // The session has ended.
  if (response.redirected) return leave()
  // The server is not there: what is shown stays.
  if (!response.ok) return
  const now = new DOMParser().parseFromString(await response.text(), 'text/html')
  isBehind = false
  for (const old of document.querySelectorAll('[data-live]')) {
    const next = now.getElementById(old.id)
    if (next === null || next.outerHTML === sources.get(old)) continue
    if (isTypedIn(old)) {
      isBehind = true
      continue
    }
    sources.set(next, next.outerHTML)
    keepOpen(old, next)
    const focused = old.contains(document.activeElement) ? document.activeElement : null
    old.replaceWith(next)
    enhance(next)
    if (focused !== null) focusSame(focused, next)
  }
  if (now.body.dataset.stream === undefined && !isBehind) leave()
}

/**
 * A part with a field in use stays as it is until the field is left.
 * @param {Element} part
 */
function isTypedIn(part) {
  const field = document.activeElement?.closest('input, select, textarea') ?? null
  return field !== null && part.contains(field)
}

/**
 * Never focuses another control in its place, where Enter could do something else.
 * @param {Element} before
 * @param {Element} part
 */
function focusSame(before, part) {
  const name = controlName(before)
  const controls = part.querySelectorAll('a[href], button, summary')
  const same = [...controls].find((control) => controlName(control) === name) ?? part
  if (!(same instanceof HTMLElement)) return
  if (same === part) same.tabIndex = -1
  same.focus({ preventScroll: true })
}

/** @param {Element} control */
function controlName(control) {
  const details = control.matches('summary') ? control.closest('details[id]') : null
  const id = details?.id ?? control.id
  if (id !== '') return id
  const text = control.getAttribute('data-copy') ?? control.outerHTML
  return `${control.closest('form')?.outerHTML} ${text}`
}

/**
 * What a person has unfolded stays so.
 * @param {Element} old
 * @param {Element} next
 */
function keepOpen(old, next) {
  for (const details of next.querySelectorAll('details[id]')) {
    const before = old.querySelector(`details[id="${CSS.escape(details.id)}"]`)
    if (before instanceof HTMLDetailsElement && before.open) details.setAttribute('open', '')
  }
}

/** @type {EventSource | undefined} */
let stream
let reconnect = 0
let isRefreshing = false
let isStale = false
/** A part has changed on the server, but a person types in it. */
let isBehind = false

/** The events of a list are those of all its jobs. */
const pauseMs = document.body.dataset.stream?.startsWith('/live/jobs/') ? 1_000 : 5_000

/** One request at a time, and a pause between two. */
async function refreshWhileStale() {
  if (isRefreshing) return
  isRefreshing = true
  while (isStale) {
    isStale = false
    await refresh().catch(() => undefined)
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
  isRefreshing = false
}

export function refreshSoon() {
  isStale = true
  void refreshWhileStale()
}

/** A page that nobody looks at holds no stream. */
function follow() {
  const path = document.body.dataset.stream
  if (path === undefined) return
  leave()
  if (document.visibilityState === 'hidden') return
  stream = new EventSource(path)
  stream.addEventListener('message', refreshSoon)
  // After an interruption, whatever has changed meanwhile.
  let isFirst = true
  stream.addEventListener('open', () => {
    if (!isFirst) refreshSoon()
    isFirst = false
  })
  // After any response but 200, the browser does not reconnect by itself.
  stream.addEventListener('error', () => {
    if (stream?.readyState !== EventSource.CLOSED) return
    reconnect = setTimeout(() => {
      follow()
      refreshSoon()
    }, 15_000)
  })
}

function leave() {
  stream?.close()
  clearTimeout(reconnect)
}

const moment = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' })

/** @param {ParentNode} part */
function enhance(part) {
  for (const time of part.querySelectorAll('time')) {
    time.title = time.dateTime
    // It does not break before "AM".
    time.textContent = moment.format(new Date(time.dateTime)).replace(/ (?=\S+$)/, '\u00a0')
  }
  for (const button of part.querySelectorAll('button[data-copy]')) {
    if (button instanceof HTMLButtonElement) button.hidden = false
  }
  part.dispatchEvent(new CustomEvent('enhance', { bubbles: true }))
}

document.addEventListener('click', ({ target }) => {
  const button = target instanceof Element ? target.closest('button[data-copy]') : null
  if (!(button instanceof HTMLButtonElement)) return
  void navigator.clipboard.writeText(button.dataset.copy ?? '')
  button.textContent = 'Copied'
  setTimeout(() => {
    button.textContent = 'Copy'
  }, 2_000)
})

/**
 * A link to sign in has the key behind the #, which no server and no log sees. Only a local Reelhook signs in at once:
 * elsewhere a stranger's link could sign a person in with the stranger's key.
 */
function signInByLink() {
  const field = document.querySelector('input[name="api_key"]')
  const key = new URLSearchParams(location.hash.slice(1)).get('key')
  if (key === null) return
  history.replaceState(null, '', location.pathname + location.search)
  // The person has signed in already.
  if (!(field instanceof HTMLInputElement)) return
  field.value = key
  if (['127.0.0.1', 'localhost'].includes(location.hostname)) field.form?.requestSubmit()
}

for (const part of document.querySelectorAll('[data-live]')) sources.set(part, part.outerHTML)
enhance(document)
signInByLink()
// A link that is pasted where the form is open loads nothing.
addEventListener('hashchange', signInByLink)
follow()
document.addEventListener('focusout', () => {
  if (isBehind) refreshSoon()
})
document.addEventListener('visibilitychange', () => {
  follow()
  if (document.visibilityState === 'visible' && document.body.dataset.stream !== undefined) refreshSoon()
})
