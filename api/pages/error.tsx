import { document } from './parts/document.ts';
import { Page } from './parts/layout.tsx';

interface Refusal {
  readonly title: string;
  readonly sentence: string;
  readonly remedy: string;
}

/** A refusal or failure: what is wrong and what to do. */
export const errorPage = (refusal: Refusal) => document(<ErrorPage {...refusal} />);

const ErrorPage = ({ title, sentence, remedy }: Refusal) => (
  <Page title={title} hasScript={false}>
    <section class="narrow">
      <p role="alert">
        <strong>{sentence}</strong>
      </p>
      <p>{remedy}</p>
      <p>
        <a href="/">To the first page</a>
      </p>
    </section>
  </Page>
);
