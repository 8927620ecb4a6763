/** The codes of problems, and of the faults of jobs. */
import { type FaultCode, faultCodes, faults } from '../../core/fault-codes.ts'
import { type ProblemCode, problemCodes, problemKinds } from '../problems.ts'
import { type Explanation, explanations } from './explanations.ts'
import { inline } from './markdown.tsx'

export function ProblemsSection() {
  return (
    <section id="problems" aria-labelledby="problems-title">
      <h2 id="problems-title">Problems</h2>
      <p>
        A refused request gets a problem (RFC 9457) of the type application/problem+json. Its type is the URL
        of the page of its code.
      </p>
      {problemCodes.map((code) => (
        <section id={`problem-${code}`}>
          <h3>
            <a href={`#problem-${code}`}>
              <code>{code}</code>
            </a>
          </h3>
          <ProblemText code={code} />
        </section>
      ))}
    </section>
  )
}

export function ProblemText({ code }: { code: ProblemCode }) {
  const { status, title } = problemKinds[code]
  const { meaning, effect, remedy, repeat }: Explanation = explanations[code]
  return (
    <>
      <p>
        <b>{status}</b> {title}.
      </p>
      <dl>
        <dt>What happened</dt>
        <dd>{meaning}</dd>
        <dt>What was done</dt>
        <dd>{effect}</dd>
        <dt>What to do</dt>
        <dd>{inline(remedy)}</dd>
        <dt>Repeat the request?</dt>
        <dd>{repeatWords[repeat]}</dd>
      </dl>
    </>
  )
}

const repeatWords: Record<Explanation['repeat'], string> = {
  never: 'No. The same request gets the same answer.',
  corrected: 'Only after a correction. The same request gets the same answer.',
  later: 'Yes, later.',
}

export function FaultsSection() {
  return (
    <section id="faults" aria-labelledby="faults-title">
      <h2 id="faults-title">Faults of jobs</h2>
      <p>
        A job that failed, and a task that failed, has a fault with one of these codes. Reelhook repeats and
        fails over by itself until the deadline of the job.
      </p>
      <dl>
        {faultCodes.map((code) => (
          <>
            <dt id={`fault-${code}`}>
              <code>{code}</code>
            </dt>
            <dd>
              {faults[code].remedy} <span class="limits">{natureOf(code)}</span>
            </dd>
          </>
        ))}
      </dl>
    </section>
  )
}

function natureOf(code: FaultCode): string {
  const { retry, failover } = faults[code]
  const repeat = retry === 'later' ? 'The same call may succeed later.' : 'The same call fails again.'
  return failover === 'yes' ? `${repeat} Another provider may be used.` : repeat
}
