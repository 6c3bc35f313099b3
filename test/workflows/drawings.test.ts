import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { drawing, drawingsIn, pages, withDrawings } from '../../scripts/draw-workflows.ts';
import { byokRotation } from '../../workflows/byok-rotation.ts';

test.each(pages())('the drawings in %s are as the definitions are', (page) => {
  const text = readFileSync(page, 'utf8');
  expect(withDrawings(text)).toBe(text);
});

test('the README shows a BYOK rotation', () => expect(drawingsIn(readFileSync('README.md', 'utf8'))).toContain('byok-rotation'));

test('every state is in the drawing, and every way out', () => {
  const machine = byokRotation({ partition: 'aws', functionOf: (task) => task });
  const lines = drawing(machine).split('\n').map((line) => line.trim());
  for (const name of Object.keys(machine.States)) expect(lines.join('\n')).toContain(`state "${name}" as `);
  expect(lines).toContain('import_material --> wrap_material : ImportTokenExpired');
  expect(lines).toContain('is_a_start_approval_asked --> make_canary : otherwise');
  expect(lines).toContain('ended_without_effect --> [*]');
  expect(lines.slice(lines.indexOf('note right of seal_failed_dossier'))).toContain('Restore aliases');
});

test('a drifted drawing is found', () => {
  const fresh = withDrawings('<!-- drawing: byok-rotation -->\n<!-- end drawing -->\n');
  const drifted = fresh.replace('Keep old key', 'Keep the old key');
  expect(withDrawings(fresh)).toBe(fresh);
  expect(withDrawings(drifted)).toBe(fresh);
});

test('a marker that cannot be served is an error', () => {
  expect(() => withDrawings('<!-- drawing: byok-rotation -->\n')).toThrow('has no "<!-- end drawing -->"');
  expect(() => withDrawings('<!-- drawing: byok -->\n<!-- end drawing -->\n')).toThrow('no workflow is called byok: it must be one of byok-rotation, asymmetric-rotation, alias-rollback, close-rotation, retire');
});
