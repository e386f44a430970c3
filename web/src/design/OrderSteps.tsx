import css from "./design.module.css";

interface Props {
  label: string;
  steps: readonly string[];
  /** The step that is going on, from 0; past the last one when all is done. */
  now: number;
}

/** The steps of an order, where it stands, and what is still to come. */
export function OrderSteps({ label, steps, now }: Props) {
  return (
    <ol className={css.steps} aria-label={label}>
      {steps.map((step, place) => (
        <li
          key={step}
          className={[css.step, place < now ? css.past : place === now ? css.now : ""].join(" ")}
          aria-current={place === now ? "step" : undefined}
        >
          <span className={css.dot} aria-hidden="true">
            {place < now ? "✓" : place + 1}
          </span>
          <span className={css.stepName}>{step}</span>
        </li>
      ))}
    </ol>
  );
}
