/** The buttons that create the job of the form. */
import type { Problem } from '../../api/in-process.ts'
import { textIn, type Values } from './values.ts'

interface Props {
  values: Values
  problem: Problem | null
}

/** The action of the button "Create another job", before the key of that job. */
const another = 'create:'

export function CreateCard({ values, problem }: Props) {
  const hasJob = problem?.status === 409 && textIn(values, 'idempotency_key').trim() === ''
  return (
    <div class="card">
      <button type="submit" name="action" value="create" class="primary">
        Create job
      </button>
      <p class="quiet">One form makes one job: a double click or a reload buys no second video.</p>
      {hasJob && (
        <>
          <p>This form has made a job already. Another one is paid for as well.</p>
          <button type="submit" name="action" value={another + crypto.randomUUID()}>
            Create another job
          </button>
        </>
      )}
      <p id="form-status" role="status" />
    </div>
  )
}

/** Whether the pressed button creates a job. Another job has a key of its own, which comes with the button. */
export function isCreation(values: Values): boolean {
  const action = textIn(values, 'action')
  if (action.startsWith(another)) values.set('form_key', action.slice(another.length))
  return action === 'create' || action.startsWith(another)
}
