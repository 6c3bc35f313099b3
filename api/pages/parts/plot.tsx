interface Point {
  /** ISO 8601 day. */
  readonly day: string;
  readonly value: number;
}

interface PlotProps {
  readonly title: string;
  readonly unit: string;
  readonly points: readonly Point[];
  /** The top of the scale; left out, the largest value. */
  readonly top?: number;
}

const width = 640;
const height = 180;
const left = 44;
const bottom = 24;

/** A line over time, with its figures in a table for whoever does not see it. */
export function Plot({ title, unit, points, top = Math.max(1, ...points.map((p) => p.value)) }: PlotProps) {
  const first = Date.parse(points[0]?.day ?? '');
  const span = Math.max(1, Date.parse(points.at(-1)?.day ?? '') - first);
  const x = ({ day }: Point): number => Math.round(left + ((Date.parse(day) - first) / span) * (width - left - 8));
  const y = (value: number): number => Math.round(height - bottom - (value / top) * (height - bottom - 12));
  const last = points.at(-1);
  return (
    <figure class="plot">
      <figcaption>{title}</figcaption>
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`${title}: ${last === undefined ? 'no figure yet' : `${last.value} ${unit} on ${last.day}`}`}>
        {[0, top / 2, top].map((value) => (
          <>
            <line class="grid" x1={left} x2={width} y1={y(value)} y2={y(value)} />
            <text x={left - 6} y={y(value) + 4} text-anchor="end">
              {Math.round(value * 10) / 10}
            </text>
          </>
        ))}
        <polyline class="line" points={points.map((p) => `${x(p)},${y(p.value)}`).join(' ')} />
        {points.map((p) => (
          <circle class="point" cx={x(p)} cy={y(p.value)} r="3" />
        ))}
        <text x={left} y={height - 6}>
          {points[0]?.day ?? ''}
        </text>
        <text x={width} y={height - 6} text-anchor="end">
          {points.length > 1 ? (last?.day ?? '') : ''}
        </text>
      </svg>
      <details>
        <summary>The figures</summary>
        <ul>
          {points.map((p) => (
            <li>
              {p.day}: {p.value} {unit}
            </li>
          ))}
        </ul>
      </details>
    </figure>
  );
}
