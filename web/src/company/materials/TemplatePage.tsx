import { useQuery } from "@tanstack/react-query";
import { Button, QRCode } from "antd";
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
              <div className={css.frame}>
                <article className={css.sheet}>
                  {letter ? <Letter order={view} no={no} /> : <SealSheet order={view} no={no} />}
                </article>
              </div>
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

/** Boxes for stamps on a page whose corners carry marks: by these a scan is straightened and its stamps are measured. */
function SealSheet({ order, no }: { order: OrderView; no: string }) {
  const { template: words } = useTexts(materialsTexts);
  return (
    <>
      <Marks />
      <header className={css.head}>
        <div>
          <h2>{words.sheetTitle}</h2>
          <p className="small">
            {order.subject.company_name}
            <br />
            {order.subject.credit_code}
            <br />
            {order.id}-{no}
          </p>
        </div>
        <Code text={`sealkey:seal_sheet:${order.id}:${no}`} />
      </header>
      <div className={css.boxes}>
        {[words.sheetRound, words.sheetSquare, words.sheetOther, words.sheetOther].map((label, place) => (
          <div key={place} className={css.box} data-box={place}>
            <span>{label}</span>
          </div>
        ))}
      </div>
      <Scale />
      <p className="small">{words.sheetScale}</p>
    </>
  );
}

/** Sides of a page and of a mark, and how far a mark's outer corner is from both edges, in millimetres. */
const A4 = { width: 210, height: 297 };
const MARK = { side: 6, edge: 10 };

/** The four marks as `paper-check` looks for them. Drawn, not a background: browsers print those only when told to. */
function Marks() {
  const far = MARK.edge + MARK.side;
  return (
    <svg
      className={css.marks}
      width={`${String(A4.width)}mm`}
      height={`${String(A4.height)}mm`}
      viewBox={`0 0 ${String(A4.width)} ${String(A4.height)}`}
      aria-hidden="true"
    >
      {[MARK.edge, A4.width - far].flatMap((x) =>
        [MARK.edge, A4.height - far].map((y) => (
          <rect key={`${String(x)} ${String(y)}`} x={x} y={y} width={MARK.side} height={MARK.side} fill="#000" />
        )),
      )}
    </svg>
  );
}

/** Which sheet it is, for the machine that looks at its scan. */
function Code({ text }: { text: string }) {
  return (
    <div className={css.code} aria-hidden="true">
      <QRCode type="svg" value={text} size={68} bordered={false} color="#000" bgColor="#fff" />
    </div>
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
