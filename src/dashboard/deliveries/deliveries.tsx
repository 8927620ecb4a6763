/** The pages about deliveries. Fixed paths come before those with an id. */
import { Hono } from 'hono'
import type { PageEnv } from '../page-env.ts'
import { deliveryPage } from './delivery.tsx'
import { hostPages } from './hosts.tsx'
import { deliveryListPages } from './list.tsx'
import { replayPages } from './replay.tsx'

export const deliveryPages = new Hono<PageEnv>()
  .route('/', deliveryListPages)
  .route('/', hostPages)
  .route('/', replayPages)
  .route('/', deliveryPage)
