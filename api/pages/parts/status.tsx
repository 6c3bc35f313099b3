import type { StatusWord } from '../../../core/rotation-status.ts';

/** How something stands: a word and a shape, and only then a colour. */
export type Tone = 'good' | 'moving' | 'asks' | 'bad' | 'plain';

const shapes: Readonly<Record<Tone, string>> = { good: '✓', moving: '▶', asks: '◆', bad: '■', plain: '–' };

export const Status = ({ tone, word }: { readonly tone: Tone; readonly word: string }) => (
  <span class={`status status-${tone}`}>
    <span aria-hidden="true">{shapes[tone]}</span> {word}
  </span>
);

const ofRotation: Readonly<Record<StatusWord, readonly [Tone, string]>> = {
  RUNNING: ['moving', 'Running'],
  WAITING: ['asks', 'Waits for people'],
  SUCCEEDED: ['good', 'Complete'],
  FAILED: ['bad', 'Ended without effect'],
  ROLLED_BACK: ['bad', 'Rolled back'],
};

export function RotationStatusMark({ status }: { readonly status: StatusWord }) {
  const [tone, word] = ofRotation[status];
  return <Status tone={tone} word={word} />;
}

const ofQuestion: Readonly<Record<string, readonly [Tone, string]>> = {
  open: ['asks', 'Open'],
  approved: ['good', 'Approved'],
  refused: ['bad', 'Refused'],
  'timed out': ['bad', 'Out of time'],
  void: ['bad', 'Void'],
};

export function QuestionStatus({ outcome }: { readonly outcome: string }) {
  const [tone, word] = ofQuestion[outcome] ?? ['plain', outcome];
  return <Status tone={tone} word={word} />;
}
