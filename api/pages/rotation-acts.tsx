import type { Child } from 'hono/jsx';
import type { RotationStatus } from '../../core/rotation-status.ts';
import { mayAct } from '../identity/person.ts';
import type { LoggedIn } from '../identity/session.ts';
import { words, type SaidWord } from '../waits/words.ts';
import { ReasonForm } from './parts/reason-form.tsx';
import { retirePath } from './retire.tsx';

interface Act {
  readonly id: string;
  readonly title: string;
  readonly path: string;
  readonly children: Child;
}

/** What a custodian can do about a rotation as it stands. Nobody else is shown any of it. */
export function RotationActs({ status, reader }: { readonly status: RotationStatus; readonly reader: LoggedIn }) {
  if (!mayAct(reader.person, 'custodian')) return null;
  const acts = actsOn(status);
  const retirable = retirableKey(status);
  if (acts.length === 0 && retirable === undefined) return null;
  return (
    <section aria-labelledby="acts">
      <h2 id="acts">What you can do</h2>
      {acts.map(({ id, title, path, children }) => (
        <details>
          <summary>{title}</summary>
          <ReasonForm reader={reader} action={`/rotations/${status.rotationId}/${path}`} act={title} id={id}>
            {children}
          </ReasonForm>
        </details>
      ))}
      {retirable === undefined ? null : (
        <p>
          Long after: <a href={retirePath(retirable)}>take the old key out of use</a>. It has its own approval, and shows who still uses the key.
        </p>
      )}
    </section>
  );
}

function actsOn(status: RotationStatus): Act[] {
  return [
    ...(isWaitingFor(status, 'resume') ? [wordAct('resume', 'Go on now', 'It looks again at once, instead of at the end of its wait. One that waits until its old key is quiet goes on without, and its dossier says so.')] : []),
    ...(isWaitingFor(status, 'reenable') ? [wordAct('reenable', 'Put the old key back into use', 'It is enabled again, what was denied to it is allowed, and the retirement ends without effect.')] : []),
    ...(canRollBack(status) ? [{ id: 'rollback', title: 'Ask to roll back', path: 'rollback', children: <p>Approvers are asked to put every alias back to the old key. What was made with the new key meanwhile needs that key for ever; it stays.</p> }] : []),
    ...missing(status).map((consumer) => ({
      id: `waive-${consumer}`,
      title: `Ask to go on without ${consumer}`,
      path: 'waivers',
      children: (
        <>
          <input type="hidden" name="consumer" value={consumer} />
          <p>Approvers are asked whether the switch may come although {consumer} has not said that it has the new key.</p>
        </>
      ),
    })),
  ];
}

const wordAct = (say: SaidWord, title: string, sentence: string): Act => ({
  id: say,
  title,
  path: 'words',
  children: (
    <>
      <input type="hidden" name="say" value={say} />
      <p>{sentence}</p>
    </>
  ),
});

const isWaitingFor = ({ waits }: RotationStatus, say: SaidWord): boolean => waits.some(({ name }) => (words[say].waits as readonly string[]).includes(name));

/** As `startRollback` has it; what changes in between it refuses itself. */
const canRollBack = ({ workflow, status, rolledBackBy, waits }: RotationStatus): boolean =>
  workflow === 'asymmetric-rotation' ? waits.some(({ name }) => name === 'drain') : workflow === 'byok-rotation' && status === 'SUCCEEDED' && rolledBackBy === undefined;

/** The key that a rotation put aside and kept. */
const retirableKey = ({ workflow, status, rolledBackBy, oldKeyId }: RotationStatus): string | undefined =>
  ['byok-rotation', 'asymmetric-rotation'].includes(workflow) && status === 'SUCCEEDED' && rolledBackBy === undefined ? oldKeyId : undefined;

/** The consumers that the switch waits for. */
function missing({ rollover, waits }: RotationStatus): string[] {
  if (rollover === undefined || !waits.some(({ name }) => name === 'acknowledgements')) return [];
  return rollover.consumers.filter(({ name, acknowledges }) => acknowledges === 'required' && !rollover.acknowledgements.some((a) => a.consumer === name)).map(({ name }) => name);
}
