import { keepPreviousData, useQuery } from "@tanstack/react-query";

import { type At, lineSealsQuery } from "../../api/console";
import type { LineSeals as View, SealStanding, UnitView } from "../../api/schema";
import { Panel } from "../../design/PageFrame";
import { Loaded } from "../../design/Standing";
import { ToneTag } from "../../design/StateTag";
import { sealTexts } from "../../i18n/seals";
import { useTexts } from "../../i18n/texts";
import { millimetres } from "../review/choices";
import css from "../review/stamps.module.css";
import { isMade } from "./units";

/** Points of the screen to a tenth of a millimetre. */
const SCALE = 0.4;
const TONES = { good: "done", suspended: "attention", ended: "over" } as const satisfies Record<SealStanding, string>;

/** 电子印章: the approved pictures that are written on the keys of a line, before they are and after. */
export function LineSeals({ at, units }: { at: At; units: readonly UnitView[] }) {
  const words = useTexts(sealTexts);
  // A key that was made since has a seal since.
  const seals = useQuery({ ...lineSealsQuery(at, units.filter(isMade).length), placeholderData: keepPreviousData });
  if (seals.data?.seals.length === 0) {
    return null;
  }
  return (
    <Panel title={words.onKeys}>
      <p className="soft small">{words.onKeysLead}</p>
      <Loaded of={seals}>
        {(view) => view.pictures.map(({ sha256 }) => <Picture key={sha256} sha256={sha256} of={view} />)}
      </Loaded>
    </Panel>
  );
}

function Picture({ sha256, of }: { sha256: string; of: View }) {
  const words = useTexts(sealTexts);
  const picture = of.pictures.find((it) => it.sha256 === sha256);
  const seals = of.seals.filter((it) => it.picture === sha256);
  const size = seals[0]?.size;
  if (!picture || !size) {
    return null;
  }
  return (
    <article className={css.stamp}>
      <div className={css.pair}>
        <figure>
          <div className={css.checks}>
            <img
              src={`data:image/png;base64,${picture.png}`}
              alt={words.approved(seals.map(({ unit }) => String(unit)).join("、"))}
              style={{ width: size.width * SCALE, aspectRatio: `${String(size.width)} / ${String(size.height)}` }}
            />
          </div>
          <figcaption className="soft small">
            {words.approvedCaption} · {words.size(millimetres(size.width), millimetres(size.height))}
          </figcaption>
        </figure>
        <ul className={css.seals}>
          {seals.map(({ unit, standing }) => (
            <li key={unit}>
              {words.key(String(unit))}{" "}
              {standing ? (
                <ToneTag tone={TONES[standing]}>{words.standing[standing]}</ToneTag>
              ) : (
                <span className="soft">{words.notYet}</span>
              )}
            </li>
          ))}
        </ul>
      </div>
    </article>
  );
}
