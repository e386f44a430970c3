import { useQuery } from "@tanstack/react-query";
import { Alert, Button, Radio } from "antd";
import { Link, useSearchParams } from "react-router";

import { productionQuery } from "../../api/console";
import type { ProductionView } from "../../api/schema";
import { PageFrame } from "../../design/PageFrame";
import { Loaded } from "../../design/Standing";
import { useTimes } from "../../design/time";
import { common } from "../../i18n/common";
import { consoleTexts } from "../../i18n/console";
import { makingTexts } from "../../i18n/making";
import { useLocal, useTexts } from "../../i18n/texts";
import { useAt } from "../shell/at";
import css from "./papers.module.css";
import { isMade } from "./units";

/** What goes into the parcel of a finished line: 装箱单, and a 标签 for each key. No secret stands on either. */
export function PapersPage() {
  const at = useAt();
  const { pack: words } = useTexts(makingTexts);
  const { production } = useTexts(consoleTexts);
  const [search, setSearch] = useSearchParams();
  const line = useQuery({ ...productionQuery(at), refetchOnWindowFocus: false });
  const back = `/console/production/${at.order}/${String(at.line)}`;
  const labels = search.get("print") === "labels";
  return (
    <div className={css.page}>
      <PageFrame title={words.title} back={{ to: back, label: `${production.line} ${at.order}` }}>
        <Loaded of={line}>
          {(view) =>
            view.units.every(isMade) ? (
              <>
                <div className={css.controls}>
                  <p className="soft">{words.note}</p>
                  <div className="row">
                    <Radio.Group
                      aria-label={words.which}
                      optionType="button"
                      value={labels ? "labels" : "list"}
                      options={[
                        { value: "list", label: words.list },
                        { value: "labels", label: words.labels },
                      ]}
                      onChange={(event) =>
                        setSearch(event.target.value === "labels" ? { print: "labels" } : {}, { replace: true })
                      }
                    />
                    <Button type="primary" onClick={() => globalThis.print()}>
                      {words.print}
                    </Button>
                  </div>
                </div>
                {labels ? <Labels view={view} /> : <PackingList view={view} />}
              </>
            ) : (
              <Alert type="info" showIcon title={words.notYet} action={<Link to={back}>{words.toLine}</Link>} />
            )
          }
        </Loaded>
      </PageFrame>
    </div>
  );
}

/** The number of the order, with the line where it has several. */
function orderOf({ row }: ProductionView): string {
  return row.line > 1 ? `${row.order}-${String(row.line)}` : row.order;
}

function PackingList({ view }: { view: ProductionView }) {
  const { pack: words } = useTexts(makingTexts);
  const { queue } = useTexts(consoleTexts);
  const texts = useTexts(common);
  const { day } = useTimes();
  const local = useLocal();
  const { row, subject, units } = view;
  return (
    <article className={css.sheet} aria-label={words.list}>
      <h2>{words.list}</h2>
      <dl className={css.about}>
        <dt>{queue.order}</dt>
        <dd>{orderOf(view)}</dd>
        <dt>{queue.company}</dt>
        <dd>{subject.company_name}</dd>
        <dt>{queue.product}</dt>
        <dd>
          {local(row.product.name)} · {texts.medium[row.product.medium]}
        </dd>
        <dt>{words.quantity}</dt>
        <dd>{units.length}</dd>
      </dl>
      <table className={css.table}>
        <thead>
          <tr>
            <th scope="col">{words.no}</th>
            <th scope="col">{words.serial}</th>
            <th scope="col">{words.until}</th>
            <th scope="col">{words.check}</th>
          </tr>
        </thead>
        <tbody>
          {units.map((unit) => (
            <tr key={unit.no}>
              <td>{unit.no}</td>
              <td className={css.serial}>{unit.key_serial}</td>
              <td>{unit.not_after && day(unit.not_after)}</td>
              <td className={css.box} aria-hidden="true">
                ☐
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p>{words.first}</p>
      <p className={css.sign}>
        <span>{words.packedBy}</span>
        <span>{words.packedOn}</span>
      </p>
    </article>
  );
}

function Labels({ view }: { view: ProductionView }) {
  const { pack: words } = useTexts(makingTexts);
  const local = useLocal();
  const { row, subject, units } = view;
  return (
    <ul className={css.labels} aria-label={words.labels}>
      {units.map((unit) => (
        <li key={unit.no} className={css.label}>
          <strong className={css.serial}>{unit.key_serial}</strong>
          <span>{subject.company_name}</span>
          <span>{local(row.product.name)}</span>
          <span className={css.foot}>
            <span>{orderOf(view)}</span>
            <span>{words.piece(unit.no, units.length)}</span>
          </span>
        </li>
      ))}
    </ul>
  );
}
