/** Every page in Chromium, empty and full: readable for everyone, within its policy, and as it looks. */
import { mkdirSync, rmSync } from 'node:fs'
import type { AxeBuilder } from '@axe-core/playwright'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStage, type Stage } from '../../src/dev/local/stage.ts'
import { createAxe } from './axe.ts'
import { launchChromium } from './chromium.ts'
import { type FullDeployment, fillDeployment } from './full-deployment.ts'
import { visit } from './visit.ts'

const folder = '.wrangler/browser-pages'
/** With PICTURES=1, pictures of each page: light, dark, on a phone, empty and full. */
const pictures = '.wrangler/screenshots'
const takesPictures = process.env.PICTURES === '1'

let stage: Stage
let browser: Browser
let full: FullDeployment | undefined

beforeAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  rmSync(pictures, { recursive: true, force: true })
  mkdirSync(pictures, { recursive: true })
  stage = await openStage({
    folder,
    port: 0,
    pace: { queuedMs: 100, runningMs: 300 },
    onLog: () => undefined,
  })
  browser = await launchChromium()
})

afterAll(async () => {
  await browser?.close()
  await full?.close()
  await stage?.close()
})

const phone = { width: 375, height: 800 }
const desktop = { width: 1280, height: 900 }

/** Takes the pictures of a page, and returns its faults: what axe finds in both color schemes, and what a phone cuts off. */
function inspect(path: string, name: string, apiKey: string | undefined): Promise<string[]> {
  const url = `${stage.worker.url}${path}`
  return visit(
    browser,
    { url, apiKey, options: { colorScheme: 'light', viewport: desktop } },
    async (page) => {
      const picture = async (look: string) => {
        if (takesPictures) await page.screenshot({ path: `${pictures}/${name}-${look}.png`, fullPage: true })
      }
      await picture('light')
      await page.setViewportSize(phone)
      await picture('phone')
      await page.evaluate(() => {
        for (const closed of document.querySelectorAll('details')) closed.open = true
      })
      const width = await page.evaluate(() => document.documentElement.scrollWidth)
      const tooWide = width > phone.width ? [`${path} is ${width} pixels wide on a phone`] : []
      const cut = (await cutTables(page)).map((text) => `${path} cuts off a table on a phone: ${text}`)
      await page.setViewportSize(desktop)
      const light = await faultsOf(page, createAxe(page))
      await page.emulateMedia({ colorScheme: 'dark' })
      await picture('dark')
      // Only the colors differ in the dark, and all other rules take their time.
      return [
        ...tooWide,
        ...cut,
        ...light,
        ...(await faultsOf(page, createAxe(page).withRules('color-contrast'))),
      ]
    },
  )
}

/** The tables that are wider than their box, and that no keyboard can scroll. */
function cutTables(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('.table')]
      .filter(({ scrollWidth, clientWidth, tabIndex }) => scrollWidth > clientWidth && tabIndex < 0)
      .map(({ textContent }) => textContent.slice(0, 60)),
  )
}

async function faultsOf(page: Page, axe: AxeBuilder): Promise<string[]> {
  const { violations } = await axe.analyze()
  return violations.map(({ id, nodes }) => `${page.url()}: ${id}: ${nodes[0]?.html}`)
}

describe('a new deployment', () => {
  it.each([
    ['/sign-in', 'sign-in'],
    ['/', 'overview'],
    ['/jobs', 'jobs'],
    ['/jobs/new', 'new-job'],
    ['/deliveries', 'deliveries'],
    ['/endpoints', 'endpoints'],
    ['/keys', 'keys'],
  ])('has a page at %s that everyone can use', async (path, name) => {
    const apiKey = path === '/sign-in' ? undefined : stage.adminApiKey
    expect(await inspect(path, `empty-${name}`, apiKey)).toEqual([])
  })
})

describe('a deployment with jobs', () => {
  beforeAll(async () => {
    full = await fillDeployment(stage)
  })

  it.each<[string, (deployment: FullDeployment) => string]>([
    ['overview', () => '/'],
    ['jobs', () => '/jobs'],
    ['jobs-filtered', () => '/jobs?status=failed&metadata=order%3D42'],
    ['job-succeeded', ({ jobs }) => `/jobs/${jobs.succeeded}`],
    ['job-four', ({ jobs }) => `/jobs/${jobs.four}`],
    ['job-failed', ({ jobs }) => `/jobs/${jobs.failed}`],
    ['job-retried', ({ jobs }) => `/jobs/${jobs.retried}`],
    ['job-long', ({ jobs }) => `/jobs/${jobs.long}`],
    ['job-canceled', ({ jobs }) => `/jobs/${jobs.canceled}`],
    ['job-running', ({ jobs }) => `/jobs/${jobs.running}`],
    ['job-delete', ({ jobs }) => `/jobs/${jobs.succeeded}/delete`],
    ['job-missing', () => '/jobs/job_00000000000000000000000000'],
    ['new-job', ({ jobs }) => `/jobs/new?from=${jobs.succeeded}`],
    ['deliveries', () => '/deliveries'],
    ['endpoints', () => '/endpoints'],
    ['endpoint', ({ endpointId }) => `/endpoints/${endpointId}`],
    ['new-endpoint', () => '/endpoints/new'],
    ['receiver-test', () => '/receiver-test'],
    ['keys', () => '/keys'],
    ['key', ({ keyId }) => `/keys/${keyId}`],
    ['new-key', () => '/keys/new'],
  ])('has a page "%s" that everyone can use', async (name, pathIn) => {
    if (full === undefined) throw new Error('the deployment is not full')
    expect(await inspect(pathIn(full), name, full.apiKey)).toEqual([])
  })
})
