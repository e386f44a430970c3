import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { useParams } from "react-router";

import { orderQuery } from "../../api/company";
import type { OrderView } from "../../api/schema";
import { PageFrame } from "../../design/PageFrame";
import { NotFoundPage } from "../../design/RouteProblem";
import { Loaded } from "../../design/Standing";
import { materialsTexts } from "../../i18n/materials";
import { useTexts } from "../../i18n/texts";
import css from "./template.module.css";

const BLANK = "＿＿＿＿＿＿";

/** A template to print: the authorisation letter (R18) or the seal sheet (R19). */
export function TemplatePage() {
  const { order: number = "", line: no = "", kind } = useParams();
  const { template: words } = useTexts(materialsTexts);
  const order = useQuery({ ...orderQuery(number), refetchOnWindowFocus: false });
  if (kind !== "authorisation_letter" && kind !== "seal_sheet") {
    return <NotFoundPage />;
  }
  const letter = kind === "authorisation_letter";
  return (
    <div className={css.page}>
      <PageFrame title={letter ? words.letterTitle : words.sheetTitle}>
        <Loaded of={order}>
          {(view) => (
            <>
              <div className={css.controls}>
                <p className="soft">{letter ? words.letterNote : words.sheetNote}</p>
                <Button type="primary" onClick={() => globalThis.print()}>
                  {words.print}
                </Button>
              </div>
              <article className={css.sheet}>
                {letter ? <Letter order={view} no={no} /> : <SealSheet order={view} />}
              </article>
            </>
          )}
        </Loaded>
      </PageFrame>
    </div>
  );
}

function Letter({ order, no }: { order: OrderView; no: string }) {
  const { template: words } = useTexts(materialsTexts);
  const basic = order.lines.find((line) => String(line.no) === no)?.basic;
  return (
    <>
      <h2>{words.letterTitle}</h2>
      <p className={css.text}>
        {words.letterBody(
          order.subject.company_name,
          order.subject.credit_code,
          basic?.legal_representative ?? BLANK,
          basic?.agent_name ?? BLANK,
          basic?.agent_mobile ?? BLANK,
        )}
      </p>
      <p className={css.text}>{words.letterTerm}</p>
      <div className={css.sign}>
        <p>{words.letterSign}</p>
        <p>{words.letterStamp}</p>
        <p>{words.letterDate}</p>
      </div>
    </>
  );
}

function SealSheet({ order }: { order: OrderView }) {
  const { template: words } = useTexts(materialsTexts);
  return (
    <>
      <h2>{words.sheetTitle}</h2>
      <p className="small">
        {order.subject.company_name} · {order.subject.credit_code} · {order.id}
      </p>
      <div className={css.boxes}>
        {[words.sheetRound, words.sheetSquare, words.sheetOther, words.sheetOther].map((label, place) => (
          <div key={place} className={css.box}>
            <span>{label}</span>
          </div>
        ))}
      </div>
      <Scale />
      <p className="small">{words.sheetScale}</p>
    </>
  );
}

/** A ruler of 150 mm, drawn in millimetres so that print keeps its length. */
function Scale() {
  return (
    <svg width="150mm" height="8mm" viewBox="0 0 150 8" aria-hidden="true">
      {Array.from({ length: 151 }, (_, mm) => (
        <line
          key={mm}
          x1={mm}
          x2={mm}
          y1={0}
          y2={mm % 10 === 0 ? 7 : mm % 5 === 0 ? 4.5 : 3}
          stroke="#000"
          strokeWidth={mm % 10 === 0 ? 0.3 : 0.15}
        />
      ))}
    </svg>
  );
}
