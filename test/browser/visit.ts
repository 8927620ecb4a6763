/** A visit to a local Worker in Chromium that fails if a page logs an error, breaks its policy or loads a missing file. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { expect } from 'vitest'

export interface Visit {
  url: string
  options?: BrowserContextOptions
  /** The visitor signs in with this API key first. */
  apiKey?: string | undefined
}

/** `look` gets a page that is open at the URL. A status above 399 of the page itself is no fault. */
export async function visit<T>(
  browser: Browser,
  { url, options, apiKey }: Visit,
  look: (page: Page) => Promise<T>,
) {
  const context = await browser.newContext(options)
  try {
    const page = await context.newPage()
    const faults: string[] = []
    page.on('console', (message) => {
      // Chromium logs the status of every document, and chats about passwords.
      const isAboutDocument = message.location().url === page.url()
      if (message.type() === 'error' && !isAboutDocument) faults.push(message.text())
    })
    page.on('pageerror', (error) => faults.push(error.message))
    page.on('requestfailed', (request) => {
      // A video that the visitor leaves, a stream at the end of a visit.
      if (request.failure()?.errorText !== 'net::ERR_ABORTED') faults.push(`failed: ${request.url()}`)
    })
    await context.addInitScript(() => {
      addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
        console.error(`The policy forbids ${violatedDirective}: ${blockedURI}`)
      })
    })
    if (apiKey !== undefined) await signIn(page, new URL(url).origin, apiKey)
    await page.goto(url)
    const seen = await look(page)
    expect(faults).toEqual([])
    return seen
  } finally {
    await context.close()
  }
}

async function signIn(page: Page, origin: string, apiKey: string): Promise<void> {
  const { ok } = await page
    .context()
    .request.post(`${origin}/sign-in`, {
      form: { api_key: apiKey, next: '/sign-in' },
      headers: { origin },
      maxRedirects: 0,
    })
    .then((response) => ({ ok: response.status() === 303 }))
  if (!ok) throw new Error('signing in failed')
}
