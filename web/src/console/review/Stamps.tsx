import { Alert, Button, InputNumber, Select } from "antd";

import type { ReviewSeals, ReviewStamp, StampFinding, StampSize } from "../../api/schema";
import { Panel } from "../../design/PageFrame";
import { sealTexts } from "../../i18n/seals";
import { useTexts } from "../../i18n/texts";
import { millimetres, pickOf, sealKeys, sizeOf, type StampEdits } from "./choices";
import css from "./stamps.module.css";

/** Sides that may be set, in millimetres. */
const SHORTEST = 5;
const LONGEST = 80;
/** Points of the screen to a tenth of a millimetre, so that stamps are shown in proportion to each other. */
const SCALE = 0.4;

interface Props {
  seals: ReviewSeals;
  edits: StampEdits;
  /** None while the line is not in the reader's hands. */
  onEdit?: ((edits: StampEdits) => void) | undefined;
}

/** The stamps of a seal sheet, each beside its original, and which goes on which key. */
export function Stamps({ seals, edits, onEdit }: Props) {
  const words = useTexts(sealTexts);
  const { stamps, wanted, findings } = seals;
  const whole = findings.filter(({ stamp }) => stamp == null);
  return (
    <Panel title={words.title}>
      <p className="soft small">{words.lead}</p>
      {stamps.length === 0 ? (
        <Alert type="warning" showIcon title={words.none(String(wanted))} />
      ) : (
        stamps.length < wanted && (
          <Alert type="warning" showIcon title={words.fewer(String(stamps.length), String(wanted))} />
        )
      )}
      <Findings findings={whole.filter(({ problem }) => problem !== "no_stamp")} />
      {stamps.map((stamp) => (
        <Stamp
          key={stamp.sha256}
          stamp={stamp}
          findings={findings.filter(({ stamp: no }) => no === stamp.no)}
          size={sizeOf(stamp, edits)}
          onSize={onEdit && ((size) => onEdit({ ...edits, sizes: { ...edits.sizes, [stamp.sha256]: size } }))}
        />
      ))}
      {stamps.length > 0 && <Keys seals={seals} edits={edits} onEdit={onEdit} />}
    </Panel>
  );
}

function Findings({ findings }: { findings: readonly StampFinding[] }) {
  const words = useTexts(sealTexts);
  return findings.map(({ problem, page, stamp }, place) => (
    <Alert
      key={`${problem}-${String(place)}`}
      type="warning"
      showIcon
      title={stamp == null ? `${words.page(String(page))}：${words.problem[problem]}` : words.problem[problem]}
    />
  ));
}

interface StampProps {
  stamp: ReviewStamp;
  findings: readonly StampFinding[];
  size: StampSize;
  onSize: ((size: StampSize) => void) | undefined;
}

function Stamp({ stamp, findings, size, onSize }: StampProps) {
  const words = useTexts(sealTexts);
  const no = String(stamp.no);
  const measured: [string, string] = [millimetres(stamp.size.width), millimetres(stamp.size.height)];
  const changed = size.width !== stamp.size.width || size.height !== stamp.size.height;
  return (
    <article className={css.stamp} aria-label={words.stamp(no)}>
      <h3>
        {words.stamp(no)}{" "}
        <span className="soft small">
          {words.shape[stamp.shape]} · {words.ink[stamp.ink]}
        </span>
      </h3>
      <div className={css.pair}>
        <figure>
          <div className={css.paper}>
            <img src={stamp.original} alt={words.original(no)} />
          </div>
          <figcaption className="soft small">{words.originalCaption}</figcaption>
        </figure>
        <figure>
          <div className={css.checks}>
            <img
              src={stamp.picture}
              alt={words.cut(no)}
              style={{ width: size.width * SCALE, aspectRatio: `${String(size.width)} / ${String(size.height)}` }}
            />
          </div>
          <figcaption className="soft small">
            {words.cutCaption} · {words.size(millimetres(size.width), millimetres(size.height))}
          </figcaption>
        </figure>
      </div>
      <p className="soft small">
        {words.measured[stamp.measured]}
        {changed && ` · ${words.was(...measured)}`}
      </p>
      <Findings findings={findings} />
      {onSize && (
        <div className={css.sides}>
          <Side
            label={words.width(no)}
            name={words.widthShort}
            value={size.width}
            onSet={(width) => onSize({ ...size, width })}
          />
          <Side
            label={words.height(no)}
            name={words.heightShort}
            value={size.height}
            onSet={(height) => onSize({ ...size, height })}
          />
          {changed && (
            <Button type="link" onClick={() => onSize(stamp.size)}>
              {words.back}
            </Button>
          )}
        </div>
      )}
    </article>
  );
}

interface SideProps {
  label: string;
  name: string;
  /** In tenths of a millimetre. */
  value: number;
  onSet: (tenths: number) => void;
}

function Side({ label, name, value, onSet }: SideProps) {
  const words = useTexts(sealTexts);
  return (
    <InputNumber
      aria-label={label}
      prefix={name}
      suffix={words.millimetre}
      value={value / 10}
      min={SHORTEST}
      max={LONGEST}
      step={0.1}
      precision={1}
      onChange={(millimetres) => {
        if (millimetres !== null) {
          onSet(Math.round(millimetres * 10));
        }
      }}
    />
  );
}

/** Which stamp goes on which key. */
function Keys({ seals, edits, onEdit }: Props) {
  const words = useTexts(sealTexts);
  const options = seals.stamps.map(({ sha256, no, shape, ink }) => ({
    value: sha256,
    label: `${words.stamp(String(no))}（${words.shape[shape]} · ${words.ink[ink]}）`,
  }));
  return (
    <div className={css.keys}>
      <h3>{words.keys}</h3>
      {sealKeys(seals).map((unit) => {
        const before = seals.chosen.find((choice) => choice.unit === unit)?.sha256;
        const pick = onEdit ? pickOf(seals, unit, edits)?.sha256 : before;
        const name = words.key(String(unit));
        if (!onEdit) {
          const label = options.find(({ value }) => value === pick)?.label;
          return (
            label !== undefined && (
              <p key={unit}>
                {name}：{label}
              </p>
            )
          );
        }
        return (
          <label key={unit} className={css.key}>
            <span>{name}</span>
            <Select<string>
              aria-label={name}
              placeholder={words.choose}
              value={pick ?? null}
              status={pick === undefined ? "warning" : ""}
              options={options}
              onChange={(sha256) => onEdit({ ...edits, picks: { ...edits.picks, [unit]: sha256 } })}
            />
          </label>
        );
      })}
    </div>
  );
}
