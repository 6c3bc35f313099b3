import { isRotaError, type RotaError } from '../../../core/errors.ts';

/** What somebody looked ahead at, or why it cannot be done now. */
export async function unlessRefused<T>(look: Promise<T>): Promise<T | { readonly refusal: RotaError }> {
  try {
    return await look;
  } catch (error) {
    if (!isRotaError(error)) throw error;
    return { refusal: error };
  }
}

/** Why something cannot be done now, and what to do about it. */
export const Refused = ({ title, refusal: { message, remedy } }: { readonly title: string; readonly refusal: RotaError }) => (
  <section>
    <p class="message message-bad">
      <strong>{title}</strong> {message}
    </p>
    <p>{remedy}</p>
  </section>
);
