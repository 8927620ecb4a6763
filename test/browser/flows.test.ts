/** The pages in use, in Chromium: each flow fails if a page logs an error or breaks its policy. */
import { rmSync } from 'node:fs'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, it } from 'vitest'
import { createClient } from '../../src/dev/local/client.ts'
import { openStage, type Stage } from '../../src/dev/local/stage.ts'
import { launchChromium } from './chromium.ts'
import { sendsAgainAndTests } from './deliveries-flow.ts'
import { watchAJob } from './job-flow.ts'
import {
  anotherProjectSeesNothing,
  filtersSurviveAReload,
  findsAJob,
  statusChangesByItself,
} from './jobs-list-flows.ts'
import { createJobWithPicture, estimateFollows, fitsAPhone, largeFileIsRefused } from './new-job-flow.ts'
import { seesCharts } from './overview-flow.ts'
import { visit } from './visit.ts'

const folder = '.wrangler/browser-flows'

let stage: Stage
let browser: Browser

beforeAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  stage = await openStage({
    folder,
    port: 0,
    pace: { queuedMs: 200, runningMs: 500 },
    onLog: () => undefined,
  })
  browser = await launchChromium()
})

afterAll(async () => {
  await browser?.close()
  await stage?.close()
})

/** `path`: of the page that is open when the flow begins. */
function signedIn(path: string, flow: (page: Page, stage: Stage) => Promise<void>): () => Promise<void> {
  return () =>
    visit(browser, { url: `${stage.worker.url}${path}`, apiKey: stage.adminApiKey }, (page) =>
      flow(page, stage),
    )
}

it('a link signs in, and the page shows a job live until its video plays and its delivery is sent again', async () => {
  await visit(browser, { url: `${stage.worker.url}/sign-in` }, (page) => watchAJob(page, stage))
})

it('a link signs in where the form is open already, and its key does not stay in the address', async () => {
  const { worker, adminApiKey } = stage
  await visit(browser, { url: `${worker.url}/sign-in` }, async (page) => {
    await page.goto(`${worker.url}/sign-in#key=${adminApiKey}`)
    await page.waitForURL(`${worker.url}/`)
    await page.goto(`${worker.url}/sign-in?next=/jobs#key=${adminApiKey}`)
    await page.waitForURL(`${worker.url}/jobs`)
  })
})

it('a job is created with an uploaded picture', signedIn('/jobs/new', createJobWithPicture))
it(
  'the estimate and the choices follow what is typed, and the focus stays',
  signedIn('/jobs/new', estimateFollows),
)
it(
  'a file that is too large is refused in words before it is sent',
  signedIn('/jobs/new', largeFileIsRefused),
)
it(
  'the form with pictures fits a phone, and has no fault for assistive technology',
  signedIn('/jobs/new', fitsAPhone),
)

it('the list keeps its filters when it is loaded again', signedIn('/jobs', filtersSurviveAReload))
it('the list leads to a job from anywhere in its row, and by its id', signedIn('/jobs', findsAJob))
it('the list shows a new job, its status and its picture by itself', signedIn('/jobs', statusChangesByItself))

it('a key of another project sees nothing', async () => {
  const admin = createClient(stage.worker.url, stage.adminApiKey)
  const created: unknown = await admin.post('/v1/api-keys', { name: 'shop', project: 'shop' })
  const apiKey = String(Reflect.get(Object(created), 'key'))
  await visit(browser, { url: `${stage.worker.url}/jobs`, apiKey }, (page) =>
    anotherProjectSeesNothing(page, stage, 'shop'),
  )
})

it(
  'a failed delivery of a new endpoint is sent again, and its receiver is tested',
  signedIn('/endpoints', sendsAgainAndTests),
)

it(
  'the charts are drawn in light and dark, and their tables are there for the keyboard',
  signedIn('/', seesCharts),
)
