import { keepPreviousData, useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Radio, Select, Table, type TableColumnsType } from "antd";
import { useState } from "react";
import { Link, useSearchParams } from "react-router";

import { scrapStock, STOCK, stockQuery } from "../../api/making";
import type { Medium, ScrapReason, StockCount, StockKeyView, StockState } from "../../api/schema";
import { PageFrame, Panel } from "../../design/PageFrame";
import { Empty, Loaded, Loading } from "../../design/Standing";
import { ToneTag } from "../../design/StateTag";
import { useTimes } from "../../design/time";
import type { Tone } from "../../design/tokens";
import { common } from "../../i18n/common";
import { escrowTexts } from "../../i18n/escrow";
import { makingTexts } from "../../i18n/making";
import { orderTexts } from "../../i18n/order";
import { useTexts } from "../../i18n/texts";
import { ScrapModal } from "../production/ScrapModal";
import { useStaff } from "../shell/ConsoleShell";
import { MEDIA } from "./media";
import css from "./stock.module.css";
import { TakeIn } from "./TakeIn";

/** Rarely wanted, so it is no chunk of its own: the table of routes, which every visit loads, names each chunk. */
export { EscrowPage } from "./EscrowPage";

const TONES: Record<StockState, Tone> = { blank: "done", taken: "moving", used: "ours", scrapped: "over" };
const STATES = Object.keys(TONES) as StockState[];
/** Below this, more are to be bought. */
const FEW = 20;
/** Why a key is taken out that nobody has begun. */
const REASONS: readonly ScrapReason[] = ["damaged", "key_fails", "no_room"];

/** 空白密钥库存: how many there are, which ones, new ones in, bad ones out. */
export function StockPage() {
  const { stock: words } = useTexts(makingTexts);
  const texts = useTexts(common);
  const escrow = useTexts(escrowTexts);
  const staff = useStaff();
  const client = useQueryClient();
  const [search, setSearch] = useSearchParams();
  const state = STATES.find((one) => one === search.get("state")) ?? "blank";
  const medium = MEDIA.find((one) => one === search.get("medium")) ?? "bjca";
  const stock = useInfiniteQuery({ ...stockQuery(state, medium), placeholderData: keepPreviousData });
  const [isTaking, setTaking] = useState(false);
  const [scrapping, setScrapping] = useState<string>();
  const [notice, setNotice] = useState<string>();
  const renew = () => client.invalidateQueries({ queryKey: STOCK });
  const choose = (next: { state: StockState; medium: Medium }) => setSearch(next, { replace: true });
  return (
    <PageFrame
      title={words.title}
      width="wide"
      beside={
        staff.roles.includes("admin") &&
        !isTaking && (
          <div className="row">
            <Link to="/console/stock/escrow">{escrow.go}</Link>
            <Button type="primary" onClick={() => setTaking(true)}>
              {words.take}
            </Button>
          </div>
        )
      }
    >
      {notice && <Alert key={notice} type="success" showIcon role="status" title={notice} />}
      {isTaking && (
        <TakeIn
          onCancel={() => setTaking(false)}
          onTaken={(count, of) => {
            setTaking(false);
            setNotice(words.taken(count));
            choose({ state: "blank", medium: of });
            void renew();
          }}
        />
      )}
      <Loaded of={stock}>
        {({ pages }) => (
          <>
            <Counts counts={pages[0]?.counts ?? []} />
            <Panel>
              <div className="row">
                <Radio.Group
                  aria-label={words.medium}
                  optionType="button"
                  value={medium}
                  options={MEDIA.map((one) => ({ value: one, label: texts.medium[one] }))}
                  onChange={(event) => choose({ state, medium: event.target.value as Medium })}
                />
                <Select<StockState>
                  aria-label={words.state}
                  className={css.state}
                  value={state}
                  options={STATES.map((one) => ({ value: one, label: words.states[one] }))}
                  onChange={(next) => choose({ state: next, medium })}
                />
              </div>
              {stock.isPlaceholderData ? (
                <Loading />
              ) : (
                <Keys keys={pages.flatMap(({ keys }) => keys)} state={state} onScrap={setScrapping} />
              )}
              {stock.hasNextPage && (
                <div>
                  <Button loading={stock.isFetchingNextPage} onClick={() => void stock.fetchNextPage()}>
                    {texts.loadMore}
                  </Button>
                </div>
              )}
            </Panel>
          </>
        )}
      </Loaded>
      {scrapping !== undefined && (
        <ScrapModal
          title={words.scrapOf(scrapping)}
          note={words.scrapNote}
          reasons={REASONS}
          onClose={() => setScrapping(undefined)}
          onRefused={() => void renew()}
          onSubmit={async (reason) => {
            await scrapStock(scrapping, reason);
            setScrapping(undefined);
            setNotice(words.scrapped(scrapping));
            void renew();
          }}
        />
      )}
    </PageFrame>
  );
}

function Counts({ counts }: { counts: readonly StockCount[] }) {
  const { stock: words } = useTexts(makingTexts);
  const { medium, list } = useTexts(common);
  const blank = (of: Medium) => counts.find((count) => count.medium === of)?.blank ?? 0;
  const few = MEDIA.filter((of) => blank(of) < FEW);
  return (
    <Panel title={words.counts}>
      <dl className={css.counts}>
        {MEDIA.map((of) => (
          <div key={of} className={css.count}>
            <dt>{medium[of]}</dt>
            <dd>
              <strong className="num">{blank(of)}</strong>
              {blank(of) < FEW && <ToneTag tone="attention">{words.few}</ToneTag>}
            </dd>
          </div>
        ))}
      </dl>
      {few.length > 0 && (
        <Alert type="warning" showIcon title={words.fewNote(few.map((of) => medium[of]).join(list))} />
      )}
    </Panel>
  );
}

interface KeysProps {
  keys: readonly StockKeyView[];
  state: StockState;
  onScrap: (serial: string) => void;
}

function Keys({ keys, state, onScrap }: KeysProps) {
  const { stock: words } = useTexts(makingTexts);
  const { scrap: reasons, unitNo } = useTexts(orderTexts);
  const { time } = useTimes();
  if (keys.length === 0) {
    return <Empty text={words.empty} />;
  }
  const columns: TableColumnsType<StockKeyView> = [
    { title: words.serial, render: (_, key) => <span className="mono">{key.serial}</span> },
    {
      title: words.state,
      responsive: ["sm"],
      render: (_, key) => (
        <ToneTag tone={TONES[key.state]} mark={key.state}>
          {words.states[key.state]}
        </ToneTag>
      ),
    },
    {
      title: words.added,
      responsive: ["md"],
      render: (_, key) => <span className="num">{time(key.added_at)}</span>,
    },
    ...(state === "blank"
      ? ([
          {
            title: "",
            align: "right",
            render: (_, key) => (
              <Button size="small" danger aria-label={words.scrapOf(key.serial)} onClick={() => onScrap(key.serial)}>
                {words.scrap}
              </Button>
            ),
          },
        ] satisfies TableColumnsType<StockKeyView>)
      : ([
          {
            title: state === "scrapped" ? words.why : words.unit,
            render: (_, { unit, scrapped_for }) =>
              scrapped_for ? (
                <span className={css.unit}>{reasons[scrapped_for]}</span>
              ) : unit ? (
                <span className={css.unit}>
                  {state === "scrapped" && <span>{words.inMaking}</span>}
                  <span className="num">
                    {unit.order}
                    {unit.line > 1 ? `-${String(unit.line)}` : ""}
                  </span>
                  <span className="soft small">{unitNo(unit.unit)}</span>
                </span>
              ) : (
                ""
              ),
          },
          {
            title: words.since,
            responsive: ["md"],
            render: (_, key) => <span className="num">{time(key.since)}</span>,
          },
        ] satisfies TableColumnsType<StockKeyView>)),
  ];
  return (
    <Table<StockKeyView>
      rowKey="serial"
      columns={columns}
      dataSource={keys}
      pagination={false}
      size="middle"
      scroll={{ x: "max-content" }}
    />
  );
}
