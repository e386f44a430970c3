import type { Credit } from "../../api/schema";
import { formatMoney, isZero } from "../../design/format-money";
import { Money } from "../../design/Money";
import { Facts } from "../../design/PageFrame";
import { creditTexts } from "../../i18n/credit";
import { useTexts } from "../../i18n/texts";
import css from "./credit.module.css";

/** Years, months and days in words; what is zero is left out. */
export function useSpan(): (months: number, days?: number) => string {
  const { span } = useTexts(creditTexts);
  return (months, days = 0) => {
    const [years, rest] = [Math.floor(months / 12), months % 12];
    const parts = [
      years > 0 ? span.years(years) : "",
      rest > 0 ? span.months(rest) : "",
      days > 0 ? span.days(days) : "",
    ].filter(Boolean);
    return parts.length === 0 ? span.none : parts.join(" ");
  };
}

/** How the time left on an old key became what is taken off (R38-R41): every number of it, as the server reckoned. */
export function Reckoning({ credit }: { credit: Credit }) {
  const words = useTexts(creditTexts);
  const span = useSpan();
  const { months_left, days_left, months_carried, days_in_month } = credit;
  const counted = months_left - months_carried;
  const months = days_left === 0 ? words.months(counted) : words.monthsDays(counted, days_left, days_in_month);
  return (
    <section className={css.reckoning} aria-label={words.title}>
      <h4>{words.title}</h4>
      <Facts
        facts={[
          [words.left, span(months_left, days_left)],
          [words.carried, months_carried > 0 ? words.carriedValue(span(months_carried)) : words.carriedNone],
          [words.counted, span(counted, days_left)],
          [words.yearly, words.perYear(formatMoney(credit.yearly))],
          [
            words.worth,
            <>
              <span className="soft">{words.reckoning(months, formatMoney(credit.yearly))} =</span>{" "}
              <Money money={credit.worth} />
            </>,
          ],
          [
            words.amount,
            <strong>
              <Money money={credit.amount} />
            </strong>,
          ],
          ...(isZero(credit.lost) ? [] : [[words.lost, <Money money={credit.lost} />] as const]),
        ]}
      />
      {credit.without_pin && <p className="soft small">{words.withoutPin}</p>}
    </section>
  );
}
