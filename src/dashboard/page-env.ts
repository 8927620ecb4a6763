/** The parts of every page: the API in this process, the caller that has signed in, and the usual context. */
import type { Api, CallApi } from '../api/in-process.ts'
import type { Context } from '../context.ts'
import type { Caller } from '../core/access.ts'

export interface PageEnv {
  Bindings: { context: Context; requestId: string; callApi: CallApi }
  Variables: {
    /** Set once the session is read, for every page except that to sign in. */
    caller: Caller
    api: Api
  }
}
