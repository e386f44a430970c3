import { useInfiniteQuery } from "@tanstack/react-query";
import { Button, Input } from "antd";
import { useId } from "react";
import { useSearchParams } from "react-router";

import { dayBooksQuery } from "../../api/finance";
import type { DayBooks } from "../../api/schema";
import { Money } from "../../design/Money";
import { Facts, PageFrame, Panel } from "../../design/PageFrame";
import { Empty, Loaded } from "../../design/Standing";
import { common } from "../../i18n/common";
import { financeTexts } from "../../i18n/finance";
import { orderTexts } from "../../i18n/order";
import { useTexts } from "../../i18n/texts";
import { dayAgo } from "../audit/days";
import { dayAfter, isDay } from "./calendar";
import css from "./finance.module.css";
import { OrderSearch } from "./OrderSearch";
import { Postings } from "./Postings";

/** 账簿: the books of a day. */
export function LedgerPage() {
  const texts = useTexts(common);
  const { ledger: words } = useTexts(financeTexts);
  const [search, setSearch] = useSearchParams();
  const today = dayAgo(0);
  const asked = search.get("day") ?? "";
  const day = isDay(asked) ? asked : today;
  const pages = useInfiniteQuery(dayBooksQuery(day));
  const label = useId();
  const go = (next: string) => isDay(next) && setSearch({ day: next });
  return (
    <PageFrame title={words.title} width="wide">
      <p className="soft">{words.lead}</p>
      <OrderSearch />
      <Panel>
        <div>
          <div className={css.bar}>
            <div className={css.field}>
              <label htmlFor={label}>{words.day}</label>
              <Input
                id={label}
                type="date"
                max={today}
                value={day}
                aria-describedby={`${label}-hint`}
                onChange={({ target }) => go(target.value)}
              />
            </div>
            <Button onClick={() => go(dayAfter(day, -1))}>{words.before}</Button>
            <Button disabled={day >= today} onClick={() => go(dayAfter(day, 1))}>
              {words.after}
            </Button>
          </div>
          <p id={`${label}-hint`} className="soft small">
            {words.dayHint}
          </p>
        </div>
      </Panel>
      <Loaded of={pages}>
        {(all) => {
          const postings = all.pages.flatMap((page) => page.postings);
          const [first] = all.pages;
          return (
            <>
              {first && <Sums books={first} />}
              <Panel title={words.entries(first?.count ?? 0)}>
                {postings.length === 0 ? <Empty text={words.empty} /> : <Postings postings={postings} withOrder />}
                {pages.hasNextPage && (
                  <div>
                    <Button loading={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
                      {texts.loadMore}
                    </Button>
                  </div>
                )}
              </Panel>
            </>
          );
        }}
      </Loaded>
    </PageFrame>
  );
}

function Sums({ books }: { books: DayBooks }) {
  const { ledger: words, method: methodTitle } = useTexts(financeTexts);
  const { method } = useTexts(orderTexts);
  return (
    <Panel title={words.sums}>
      <table className={[css.sums, css.narrow].join(" ")}>
        <thead>
          <tr>
            <th scope="col">{methodTitle}</th>
            <th scope="col">{words.paid}</th>
            <th scope="col">{words.refunded}</th>
          </tr>
        </thead>
        <tbody>
          {books.gateways.map((gateway) => (
            <tr key={gateway.method}>
              <th scope="row">{method[gateway.method]}</th>
              <td>
                <Money money={gateway.paid} />
              </td>
              <td>
                <Money money={gateway.refunded} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <Facts
        facts={[
          [words.earned, <Sum money={books.earned} hint={words.earnedHint} />],
          [words.settled, <Sum money={books.settled} hint={words.settledHint} />],
        ]}
      />
    </Panel>
  );
}

function Sum({ money, hint }: { money: string; hint: string }) {
  return (
    <>
      <Money money={money} /> <span className="soft small">{hint}</span>
    </>
  );
}
