// Uploads a file of the form of a new job, with its progress.

/**
 * Shows the progress of one upload. Null: it failed or was canceled, and the words of why stay.
 * @param {HTMLElement} field
 * @param {File} file
 * @returns {Promise<string | null>}
 */
export function upload(field, file) {
  const item = document.createElement('li')
  const name = document.createElement('span')
  const bar = document.createElement('progress')
  const cancel = document.createElement('button')
  name.textContent = file.name
  name.dir = 'auto'
  bar.max = 1
  bar.value = 0
  bar.setAttribute('aria-label', `Upload of ${file.name}`)
  cancel.type = 'button'
  cancel.textContent = 'Cancel'
  item.append(name, bar, cancel)
  field.querySelector('.uploads')?.append(item)
  /** @param {string} words */
  const fail = (words) => {
    bar.remove()
    cancel.textContent = 'Close'
    cancel.onclick = () => item.remove()
    const fault = document.createElement('p')
    fault.className = 'fault'
    fault.textContent = words
    item.append(fault)
    return null
  }
  const maxBytes = Number(field.dataset.maxBytes)
  if (file.size > maxBytes) {
    return Promise.resolve(fail(`The file is larger than ${maxBytes / 1024 ** 2} MiB. Nothing was uploaded.`))
  }
  return new Promise((resolve) => {
    const request = new XMLHttpRequest()
    const body = new FormData()
    body.set('file', file)
    cancel.onclick = () => request.abort()
    request.upload.onprogress = ({ loaded, total }) => {
      bar.value = loaded / total
    }
    request.onload = () => {
      const answer = answerIn(request.responseText)
      if (request.status !== 201 || answer.id === undefined) return resolve(fail(wordsOf(answer)))
      item.remove()
      resolve(answer.id)
    }
    request.onerror = () => resolve(fail('The upload broke off. Try it again.'))
    request.onabort = () => resolve(fail('Canceled.'))
    request.open('POST', '/jobs/new/assets')
    request.send(body)
  })
}

/** @typedef {{ id?: string, title?: string, detail?: string, errors?: { message: string }[] }} Answer */

/** @param {string} text @returns {Answer} */
function answerIn(text) {
  try {
    return JSON.parse(text)
  } catch {
    // A page: the session has ended.
    return { detail: 'Nothing was uploaded. Sign in again.' }
  }
}

/** @param {Answer} answer */
function wordsOf({ title = '', detail = '', errors = [] }) {
  return [detail || title, ...errors.map(({ message }) => `The file: ${message}`)].join(' ')
}
