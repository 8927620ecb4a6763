// The form of a new job follows each change. The server writes every part of it.
import { upload } from './new-job-upload.js'

const form = document.getElementById('new-job')
if (form instanceof HTMLFormElement) enhance(form)

/** @param {HTMLFormElement} form */
function enhance(form) {
  showButtons()
  /** Counts the changes: a response that an older form has asked for is dropped. */
  let version = 0
  let uploads = 0
  let isSignedOut = false
  let timer = 0

  /**
   * Sends the form, and takes over the parts that the server has written anew.
   * @param {HTMLElement} [button]
   */
  async function refresh(button) {
    clearTimeout(timer)
    version += 1
    const sent = version
    const body = new FormData(form, button)
    if (button === undefined) body.set('action', 'estimate')
    for (const input of form.querySelectorAll('input[type=file]'))
      body.delete(input.getAttribute('name') ?? '')
    const response = await fetch('/jobs/new', { method: 'POST', body }).catch(() => undefined)
    if (sent !== version) return
    if (response?.redirected && new URL(response.url).pathname === '/sign-in') {
      isSignedOut = true
      return say(
        'You are signed out. Sign in in another tab, then continue here: nothing of the form is lost.',
      )
    }
    // The server is not there: what is shown may be old.
    if (response === undefined || response.redirected || !response.ok) {
      return say('The estimate could not be made. It follows the next change.')
    }
    const now = new DOMParser().parseFromString(await response.text(), 'text/html')
    if (sent !== version) return
    say(isSignedOut ? 'You are signed in again. Nothing was created yet.' : '')
    isSignedOut = false
    takeOver(now)
  }

  /** @param {Document} now */
  function takeOver(now) {
    const place = cursorPlace()
    for (const part of form.querySelectorAll('[data-part]')) {
      const next = now.getElementById(part.id)
      if (next === null || next.innerHTML === part.innerHTML) continue
      part.replaceChildren(...next.childNodes)
    }
    const prompt = now.getElementById('prompt')
    if (prompt instanceof HTMLTextAreaElement) setPrompt(prompt.value)
    showButtons()
    place?.()
  }

  /** @param {string} value */
  function setPrompt(value) {
    const field = promptField()
    if (field !== null && field.value !== value) field.value = value
  }

  function refreshSoon() {
    version += 1
    clearTimeout(timer)
    timer = setTimeout(() => void refresh(), 400)
  }

  form.addEventListener('input', (event) => {
    if (event.target instanceof HTMLInputElement && event.target.type === 'file') return
    refreshSoon()
  })
  form.addEventListener('submit', (event) => {
    const button = event.submitter
    const action = button instanceof HTMLButtonElement ? button.value : 'estimate'
    const [verb, kind, number] = action.split(':')
    if (verb === 'create' && uploads === 0 && !isSignedOut) return
    event.preventDefault()
    if (verb === 'create' && uploads > 0) return say('An upload is not finished yet.')
    if (verb === 'create') return void refresh()
    if (verb !== 'tag') return void refresh(button ?? undefined)
    insertAtCursor(`{{${kind}:${number}}}`)
    refreshSoon()
  })

  // The session may have ended while nobody looked.
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') refreshSoon()
  })
  form.addEventListener('change', ({ target }) => {
    if (!(target instanceof HTMLInputElement) || target.type !== 'file') return
    const field = target.closest('.drop')
    const files = [...(target.files ?? [])]
    target.value = ''
    if (field instanceof HTMLElement) void uploadAll(field, files)
  })
  for (const field of form.querySelectorAll('.drop')) {
    if (!(field instanceof HTMLElement)) continue
    field.addEventListener('dragover', (event) => {
      if (!event.dataTransfer?.types.includes('Files')) return
      event.preventDefault()
      field.classList.add('over')
    })
    field.addEventListener('dragleave', () => field.classList.remove('over'))
    field.addEventListener('drop', (event) => {
      field.classList.remove('over')
      const files = [...(event.dataTransfer?.files ?? [])]
      if (files.length === 0) return
      event.preventDefault()
      void uploadAll(field, files)
    })
  }

  /**
   * One after another, so that they keep their order.
   * @param {HTMLElement} field
   * @param {File[]} files
   */
  async function uploadAll(field, files) {
    uploads += 1
    for (const file of files) {
      const id = await upload(field, file)
      if (id === null) continue
      add(field, id)
      await refresh()
    }
    uploads -= 1
    say('')
  }
}

/**
 * Into the empty row, in place of a frame, or into a row of its own: the server then says that it is one too many.
 * @param {HTMLElement} field
 * @param {string} id
 */
function add(field, id) {
  const rows = [...field.querySelectorAll('ol.media input')].filter((one) => one instanceof HTMLInputElement)
  const [first] = rows
  const empty = rows.find(({ value }) => value.trim() === '')
  if (first === undefined) return
  if (empty !== undefined) empty.value = id
  else if (field.dataset.field?.endsWith('_frame')) first.value = id
  else
    first
      .closest('ol')
      ?.append(Object.assign(document.createElement('input'), { name: first.name, value: id }))
}

function promptField() {
  const field = document.getElementById('prompt')
  return field instanceof HTMLTextAreaElement ? field : null
}

/** @param {string} text */
function insertAtCursor(text) {
  const field = promptField()
  if (field === null) return
  field.setRangeText(text, field.selectionStart, field.selectionEnd, 'end')
  field.focus()
}

/** Puts the focus back to the control of the same id, or with the same value for a button. */
function cursorPlace() {
  const before = document.activeElement
  if (
    !(
      before instanceof HTMLInputElement ||
      before instanceof HTMLSelectElement ||
      before instanceof HTMLButtonElement
    )
  )
    return
  const [start, end] = before instanceof HTMLInputElement ? [before.selectionStart, before.selectionEnd] : []
  const part = before.closest('[data-part]')
  return () => {
    if (before.isConnected) return
    const same = [...(part?.querySelectorAll('input, select, button') ?? [])].find((one) =>
      one.id === '' ? one instanceof HTMLButtonElement && one.value === before.value : one.id === before.id,
    )
    const next = same ?? part?.querySelector('button, input')
    if (!(next instanceof HTMLElement)) return
    next.focus()
    if (next instanceof HTMLInputElement && start != null && end != null) next.setSelectionRange(start, end)
  }
}

/** Buttons to copy work now, and the estimate follows by itself. */
function showButtons() {
  for (const button of document.querySelectorAll('button[data-copy]')) button.removeAttribute('hidden')
  for (const button of document.querySelectorAll('[data-no-script]')) button.setAttribute('hidden', '')
}

/** @param {string} words */
function say(words) {
  const line = document.getElementById('form-status')
  if (line !== null) line.textContent = words
}
