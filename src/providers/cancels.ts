/**
 * The rules of `Provider.cancel`. It is called for accepted tasks of canceled jobs at any time, also after they ended, and may be
 * called again. It must not delete what the provider knows of an ended task. If the provider's call would do that, `cancel`
 * reads the status first. A fault means that nothing was learned. No I/O.
 */

/** The last stage in which the provider cancels a task. `running`: it may still be too late for some. */
export const cancelStages = ['never', 'queued', 'running'] as const

export type Cancels = (typeof cancelStages)[number]

export type CancelOutcome =
  /** The provider confirms that the task makes no video and is not billed. */
  | 'canceled'
  /** It has not confirmed the cancellation, and may still do so: ask again later. */
  | 'requested'
  /** The task runs, and can no longer be canceled. */
  | 'running'
  /** The task has ended, and was not canceled. `getStatus` shows how. */
  | 'ended'
