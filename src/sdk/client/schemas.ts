/** The types of the API, as its description has them. */
import type {
  CallbackTestEvent,
  Job,
  JobCanceledEvent,
  JobErasedEvent,
  JobFailedEvent,
  JobGeneratingEvent,
  JobSucceededEvent,
  OutputExportedEvent,
  OutputLateEvent,
  OutputStoredEvent,
} from './generated/api.schemas.ts'

export type * from './generated/api.schemas.ts'

/** A video of a job. */
export type Output = Job['outputs'][number]

/** The body of a webhook: its `type` decides its `data`. */
export type Event =
  | JobGeneratingEvent
  | OutputStoredEvent
  | OutputLateEvent
  | OutputExportedEvent
  | JobSucceededEvent
  | JobFailedEvent
  | JobCanceledEvent
  | JobErasedEvent
  | CallbackTestEvent
