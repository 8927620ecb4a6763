/** The client of Reelhook for TypeScript and JavaScript. It needs `fetch` and Web Crypto: Node ≥ 20, Workers, browsers. */
export { type CreateOptions, createClient, type ReelhookClient } from './client.ts'
export type { DownloadableOutput } from './download.ts'
export { type LocalErrorCode, ReelhookError } from './errors.ts'
export type { FollowedEvent, FollowFilter, FollowOptions, Gap, StreamConnection } from './follow.ts'
export type * from './schemas.ts'
export type { Api, ClientOptions } from './transport.ts'
export { type ReceivedWebhook, verifyWebhook } from './verify-webhook.ts'
export type { WaitOptions } from './watch.ts'
