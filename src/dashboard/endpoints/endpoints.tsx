/** The pages about endpoints, and the receiver test. Fixed paths come before those with an id. */
import { Hono } from 'hono'
import type { PageEnv } from '../page-env.ts'
import { endpointPage } from './endpoint.tsx'
import { endpointListPages } from './list.tsx'
import { newEndpointPages } from './new-endpoint.tsx'
import { receiverTestPages } from './receiver-test.tsx'

export const endpointPages = new Hono<PageEnv>()
  .route('/', endpointListPages)
  .route('/', newEndpointPages)
  .route('/', receiverTestPages)
  .route('/', endpointPage)
