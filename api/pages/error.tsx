import { Page } from './parts/layout.tsx';

/** A refusal or failure: what is wrong and what to do. */
export const ErrorPage = ({ title, sentence, remedy }: { readonly title: string; readonly sentence: string; readonly remedy: string }) => (
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
