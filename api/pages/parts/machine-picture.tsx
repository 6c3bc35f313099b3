import type { Definition, Machine } from '../../rotations/machine.ts';
import { layOut, type Point } from './graph-layout.ts';

const boxHeight = 34;
/** Wide enough for the name in any system font. */
const boxWidth = (name: string): number => Math.max(90, name.length * 7.6 + 28);

/** The ways out of a state, without those for any error whatever: they would hide the story. */
function nextsOf({ Next, Default, Choices = [], Catch = [] }: Definition['States'][string]): string[] {
  const caught = Catch.filter((c) => !c.ErrorEquals.includes('States.ALL')).map((c) => c.Next);
  return [...new Set([Next, ...Choices.map((c) => c.Next), Default, ...caught].filter((to) => to !== undefined))];
}

/** A state machine as a picture: where it has been, where it is. The list of steps beside it says the same in words. */
export function MachinePicture({ machine: { definition, visited, current }, ended }: { readonly machine: Machine; readonly ended: 'well' | 'badly' | undefined }) {
  const states = Object.entries(definition.States);
  const { width, height, boxes, lines } = layOut(
    new Map(states.map(([name]) => [name, { width: boxWidth(name), height: boxHeight }])),
    states.flatMap(([name, state]) => nextsOf(state).map((next) => [name, next] as const)),
  );
  const classOf = (name: string, resource = ''): string => {
    const waits = resource.endsWith('.waitForTaskToken') ? ' waits' : '';
    if (name === current && ended !== 'well') return `${ended === undefined ? 'now' : 'failed'}${waits}`;
    return `${visited.has(name) ? 'visited' : 'ahead'}${waits}`;
  };
  const where = current === undefined ? 'It has not begun.' : ended === undefined ? `It is in the state ${current}.` : `It ended in the state ${current}.`;
  return (
    <div class="picture" tabindex={0} role="region" aria-label="The state machine as a picture">
      <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`State machine with ${states.length} states. ${where}`}>
        <defs>
          <marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse">
            <path class="arrow" d="M0 0 L8 4 L0 8 z" />
          </marker>
        </defs>
        {lines.map((points) => (
          <path d={pathThrough(points)} marker-end="url(#arrow)" />
        ))}
        {[...boxes].map(([name, { x, y, width: w, height: h }]) => (
          <g class={classOf(name, definition.States[name]?.Resource)} {...(name === (current ?? definition.StartAt) ? { 'data-place': '' } : {})}>
            <rect x={round(x - w / 2)} y={round(y - h / 2)} width={round(w)} height={h} rx="5" />
            <text x={round(x)} y={round(y + 4.5)} text-anchor="middle">
              {visited.has(name) && name !== current ? `✓ ${name}` : name}
            </text>
          </g>
        ))}
      </svg>
    </div>
  );
}

const round = (n: number): number => Math.round(n * 10) / 10;
const pathThrough = (points: readonly Point[]): string => points.map(({ x, y }, i) => `${i === 0 ? 'M' : 'L'}${round(x)} ${round(y)}`).join(' ');
