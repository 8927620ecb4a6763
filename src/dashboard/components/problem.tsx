/** A problem of the API, for a person. */
import type { Problem } from '../../api/in-process.ts'

export function ProblemAlert({ problem }: { problem: Problem }) {
  const { title, detail, errors = [], code, request_id: requestId } = problem
  return (
    <div class="alert bad" role="alert">
      <h2>{title}</h2>
      {detail !== '' && <p>{detail}</p>}
      {errors.length > 0 && (
        <ul>
          {errors.map(({ path, message }) => (
            <li>
              {path !== '' && <code>{path}</code>} {message}
            </li>
          ))}
        </ul>
      )}
      <p class="quiet">
        <a href={`/docs/problems/${code}`}>What this means</a> · Request <code>{requestId}</code>
      </p>
    </div>
  )
}
