/** The script of the form of a new job, on a page of stubs. */
import { afterEach, expect, it, vi } from 'vitest'

// A path in a variable has no types, which a script of a page lacks as well.
const scriptPath = '../../src/dashboard/public/static/new-job.js'

class Stub extends EventTarget {
  value = ''
  textContent = ''
  querySelectorAll = () => []
}
class Form extends Stub {}
class Button extends Stub {
  override value = 'create'
}

afterEach(() => vi.unstubAllGlobals())

/** Fetches give these responses, one after another. */
async function openForm(...responses: object[]) {
  const [form, line] = [new Form(), new Stub()]
  const elements: Record<string, Stub> = { 'new-job': form, 'form-status': line }
  const stub = (name: string, value: unknown) => vi.stubGlobal(name, value)
  stub('document', Object.assign(new Stub(), { getElementById: (id: string) => elements[id] ?? null }))
  stub(
    'DOMParser',
    class {
      parseFromString = () => ({ getElementById: () => null })
    },
  )
  stub(
    'FormData',
    class {
      set = () => undefined
    },
  )
  stub('HTMLFormElement', Form)
  stub('HTMLButtonElement', Button)
  for (const name of ['HTMLElement', 'HTMLInputElement', 'HTMLSelectElement', 'HTMLTextAreaElement'])
    stub(name, class {})
  stub('fetch', async () => responses.shift())
  vi.resetModules()
  await import(scriptPath)
  const press = (action: string) => {
    const submitter = Object.assign(new Button(), { value: action })
    const event = Object.assign(new Event('submit', { cancelable: true }), { submitter })
    return form.dispatchEvent(event) ? 'sent' : 'kept'
  }
  return { line, press }
}

const signInPage = { redirected: true, ok: true, url: 'https://reelhook.test/sign-in?next=%2Fjobs%2Fnew' }
const formPage = { redirected: false, ok: true, text: async () => '' }

it('the form says that the session has ended, and Create waits until there is one', async () => {
  const { line, press } = await openForm(signInPage, formPage)
  press('estimate')
  await vi.waitFor(() => expect(line.textContent).toContain('You are signed out.'))
  expect(press('create')).toBe('kept')
  await vi.waitFor(() => expect(line.textContent).toContain('You are signed in again.'))
  expect(press('create')).toBe('sent')
})

it('the button for another job sends the form, as Create does', async () => {
  const { press } = await openForm()
  expect(press('create:another-key')).toBe('sent')
})
