/** The reference page in Chromium, and its verifiers as receivers of real deliveries. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openStage, type Stage } from '../../src/dev/local/stage.ts'
import { listen } from '../support/listen.ts'
import { createAxe } from './axe.ts'
import { launchChromium } from './chromium.ts'

const folder = '.wrangler/browser-docs'
const secret = `whsec_${btoa('a receiver keeps thirty-two byte')}`

let stage: Stage
let browser: Browser

beforeAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  stage = await openStage({ folder, port: 0, onLog: () => undefined })
  browser = await launchChromium()
})

afterAll(async () => {
  await browser?.close()
  await stage?.close()
})

/** Opens a path, and fails if the page logs an error or breaks its policy, which Chromium logs too. */
async function visit<T>(
  path: string,
  options: BrowserContextOptions,
  look: (page: Page) => Promise<T>,
): Promise<T> {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  const messages: string[] = []
  page.on('console', (message) => messages.push(message.text()))
  page.on('pageerror', (error) => messages.push(error.message))
  page.on('requestfailed', (request) => messages.push(`failed: ${request.url()}`))
  await page.goto(`${stage.worker.url}${path}`)
  const seen = await look(page)
  expect(messages).toEqual([])
  await context.close()
  return seen
}

const themes = ['light', 'dark'] as const

it.each(themes)('the pages have no serious fault for assistive technology (%s)', async (colorScheme) => {
  for (const path of ['/docs', '/docs/problems/idempotency_conflict']) {
    const violations = await visit(path, { colorScheme }, async (page) => {
      // Without the style, the check of the colors would mean nothing.
      const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor)
      expect(background).toBe(colorScheme === 'light' ? 'rgb(255, 255, 255)' : 'rgb(21, 24, 28)')
      await page.evaluate(() => {
        for (const closed of document.querySelectorAll('details')) closed.open = true
      })
      // Only the colors differ in the dark.
      if (colorScheme === 'dark') {
        await leaveOneOfEachKind(page)
        return (await createAxe(page).withRules('color-contrast').analyze()).violations
      }
      const whole = await createAxe(page).withRules(rulesOfDocuments).analyze()
      await leaveOneOfEachKind(page)
      return [...whole.violations, ...(await createAxe(page).analyze()).violations]
    })
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([])
  }
})

/** These compare elements with each other. All others look at one element and what is around it. */
const rulesOfDocuments = ['duplicate-id-aria', 'heading-order', 'landmark-unique', 'skip-link']

/**
 * Removes the operations, schemas, events, problems and links that have no kind of element that those before them do not
 * have: the page has ten thousand elements, and a rule finds the same in all of a kind. A kind
 * is all that decides a rule: the names of the element and of those around it, their classes, roles and attributes, and
 * whether there is text.
 */
function leaveOneOfEachKind(page: Page): Promise<void> {
  return page.evaluate(() => {
    const remembered = new WeakMap<Element, readonly string[]>()
    const describe = (element: Element) => {
      const attributes = element.getAttributeNames().map((name) => {
        const decides = name === 'class' || name === 'role' || name === 'type' || name === 'scope'
        return decides ? `${name}=${element.getAttribute(name)}` : name
      })
      const isEmpty = element.firstElementChild === null && element.textContent?.trim() === ''
      return [element.tagName, ...attributes, isEmpty ? 'empty' : ''].join(' ')
    }
    /** Outermost first, each description once: a schema within a schema looks like the one around it. */
    const around = (element: Element): readonly string[] => {
      const known = remembered.get(element)
      if (known !== undefined) return known
      const outer = element.parentElement === null ? [] : around(element.parentElement)
      const own = describe(element)
      const all = [...outer.filter((each) => each !== own), own]
      remembered.set(element, all)
      return all
    }
    const kindOf = (element: Element) => around(element).join(' > ')
    const seen = new Set<string>()
    for (const part of document.querySelectorAll('main section:not(:has(section)), nav li')) {
      const kinds = [part, ...part.querySelectorAll('*')].map(kindOf)
      if (kinds.every((kind) => seen.has(kind))) part.remove()
      for (const kind of kinds) seen.add(kind)
    }
  })
}

it('a link to an operation opens the page there', async () => {
  await visit('/docs#createJob', {}, async (page) => {
    const box = await page.locator('#createJob').boundingBox()
    expect(Math.abs(box?.y ?? Number.NaN)).toBeLessThan(100)
  })
})

it('the page fits a phone, where its contents can be opened with the keyboard', async () => {
  await visit('/docs', { viewport: { width: 375, height: 700 } }, async (page) => {
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(375)
    await page.keyboard.press('Tab')
    expect(await page.evaluate(() => document.activeElement?.textContent)).toMatch(
      /^\s*Skip to the content\s*$/,
    )
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.getByRole('navigation').getByRole('link', { name: 'Create a job' }).click()
    expect(new URL(page.url()).hash).toBe('#createJob')
  })
})

it('the printed page has every example and no navigation', async () => {
  await visit('/docs', {}, async (page) => {
    await page.emulateMedia({ media: 'print' })
    expect(await page.getByRole('navigation').isVisible()).toBe(false)
    const examples = await page.locator('#createJob .example pre').all()
    expect(examples.length).toBeGreaterThan(2)
    for (const example of examples) expect((await example.boundingBox())?.height).toBeGreaterThan(20)
  })
})

it.each(['v1', 'v1a'])(
  'the verifier of %s, as the page shows it, accepts a valid delivery and refuses a forged and a stale one',
  async (version) => {
    const source = await visit('/docs', {}, (page) => page.locator(`#verify-${version} pre`).textContent())
    // In this folder, the import of standardwebhooks finds node_modules.
    mkdirSync(folder, { recursive: true })
    const file = `${folder}/${version}.mjs`
    process.env.REELHOOK_SECRET = secret
    writeFileSync(file, source ?? '')
    const { readEvent }: { readEvent: (request: Request) => Promise<{ type: string }> } = await import(
      `${process.cwd()}/${file}`
    )
    const events: string[] = []
    const receiver = await listen(async (request) => {
      try {
        events.push((await readEvent(request)).type)
        return new Response('ok')
      } catch {
        return new Response('refused', { status: 401 })
      }
    })
    const response = await fetch(`${stage.worker.url}/v1/callbacks/test`, {
      method: 'POST',
      headers: { authorization: `Bearer ${stage.adminApiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ url: receiver.url, secret }),
    })
    const { test_deliveries: sent }: { test_deliveries: { name: string; status: number }[] } =
      await response.json()
    await receiver.close()
    expect(Object.fromEntries(sent.map(({ name, status }) => [name, status]))).toEqual({
      valid: 200,
      forged: 401,
      stale: 401,
      duplicate: 200,
    })
    expect(events).toEqual(['callback.test', 'callback.test'])
  },
)
