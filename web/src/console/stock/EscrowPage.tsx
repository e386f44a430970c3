import { Alert, Button, Input, Radio, Table, type TableColumnsType } from "antd";
import { useEffect, useRef, useState } from "react";

import type { Medium } from "../../api/schema";
import { Actions, PageFrame, Panel } from "../../design/PageFrame";
import { ProblemAlert } from "../../design/ProblemAlert";
import { ToneTag } from "../../design/StateTag";
import type { Tone } from "../../design/tokens";
import { common } from "../../i18n/common";
import { escrowTexts } from "../../i18n/escrow";
import { useTexts } from "../../i18n/texts";
import { type BadLine, escrowIn, type EscrowList, textOf, type Wrong } from "./escrow-list";
import { MEDIA } from "./media";
import { type Fate, isOpen, type Row, type Sending, useSending } from "./sending";
import css from "./stock.module.css";

const TONES: Record<Fate["is"], Tone> = {
  waiting: "ours",
  unsure: "yours",
  taken: "done",
  there: "over",
  refused: "attention",
};
/** What somebody has to look at comes first. */
const FIRST: readonly Fate["is"][] = ["refused", "unsure", "there", "waiting", "taken"];
/** More lines than these are wrong for one reason. */
const MOST_TOLD = 20;

const FIELDS: Record<Wrong, "serial" | "pin" | "line"> = {
  no_serial: "serial",
  bad_serial: "serial",
  number_serial: "serial",
  other_pin: "serial",
  no_pin: "pin",
  short_pin: "pin",
  long_pin: "pin",
  bad_pin: "pin",
  number_pin: "pin",
  columns: "line",
  quote: "line",
};

type Read = Pick<EscrowList, "bad" | "repeated">;

/** 接管 SO PIN: from a maker's escrow file, for keys that were made elsewhere. What is secret is never shown nor kept. */
export function EscrowPage() {
  const words = useTexts(escrowTexts);
  const [read, setRead] = useState<Read>();
  const sending = useSending();
  return (
    <PageFrame title={words.title} width="wide" back={{ to: "/console/stock", label: words.back }}>
      <div>
        <p>{words.lead}</p>
        <p className="soft small">{words.safe}</p>
      </div>
      {read ? (
        <List
          read={read}
          sending={sending}
          onAgain={() => {
            sending.clear();
            setRead(undefined);
          }}
        />
      ) : (
        <ReadIn
          onRead={({ keys, bad, repeated }) => {
            sending.load(keys);
            setRead({ bad, repeated });
          }}
        />
      )}
    </PageFrame>
  );
}

/** A file, or what was pasted. */
function ReadIn({ onRead }: { onRead: (list: EscrowList) => void }) {
  const { read: words, form, nothing, unreadable, broken } = useTexts(escrowTexts);
  const [text, setText] = useState("");
  const [problem, setProblem] = useState<string>();
  const disk = useRef<HTMLInputElement>(null);
  const take = (what: string) => {
    const list = escrowIn(what);
    if (list.keys.length + list.bad.length === 0) {
      setProblem(nothing);
    } else {
      onRead(list);
    }
  };
  const open = async (input: HTMLInputElement) => {
    const [file] = input.files ?? [];
    if (!file) {
      return;
    }
    try {
      const got = await textOf(file);
      if ("text" in got) {
        take(got.text);
      } else {
        setProblem(unreadable[got.unreadable]);
      }
    } catch {
      setProblem(broken);
    } finally {
      // The same file may be chosen again once it was mended.
      input.value = "";
    }
  };
  return (
    <Panel title={words.title}>
      <p className="soft small" id="escrow-form">
        {form}
      </p>
      <form
        className="stack"
        autoComplete="off"
        onSubmit={(event) => {
          event.preventDefault();
          take(text);
        }}
      >
        <div className="row">
          <input
            ref={disk}
            className="visually-hidden"
            type="file"
            accept=".csv,.txt,.tsv,text/csv,text/plain"
            tabIndex={-1}
            aria-label={`${words.choose}: ${words.label}`}
            onChange={({ currentTarget }) => void open(currentTarget)}
          />
          <Button type={text === "" ? "primary" : "default"} size="large" onClick={() => disk.current?.click()}>
            {words.choose}
          </Button>
          <span className="soft">{words.or}</span>
        </div>
        <Input.TextArea
          className={css.serials}
          aria-label={words.label}
          aria-describedby="escrow-form"
          autoSize={{ minRows: 4, maxRows: 14 }}
          spellCheck={false}
          autoComplete="off"
          value={text}
          onChange={({ target }) => {
            setProblem(undefined);
            setText(target.value);
          }}
        />
        {problem !== undefined && <Alert type="error" showIcon role="alert" title={problem} />}
        <Actions>
          <Button type={text === "" ? "default" : "primary"} size="large" htmlType="submit">
            {words.submit}
          </Button>
        </Actions>
      </form>
    </Panel>
  );
}

interface ListProps {
  read: Read;
  sending: Sending;
  onAgain: () => void;
}

/** What was read, then what became of it. */
function List({ read: { bad, repeated }, sending, onAgain }: ListProps) {
  const words = useTexts(escrowTexts);
  const texts = useTexts(common);
  const { rows, isBusy, error } = sending;
  const [medium, setMedium] = useState<Medium>();
  const [isLacking, setLacking] = useState(false);
  const [wasSent, setSent] = useState(false);
  const head = useRef<HTMLDivElement>(null);
  useEffect(() => head.current?.focus(), []);
  const count = (is: Fate["is"]) => rows.filter(({ fate }) => fate.is === is).length;
  const left = rows.filter(isOpen).length;
  const isOver = rows.length > 0 && left === 0;
  const taken = count("taken");
  const send = () => {
    if (medium === undefined) {
      setLacking(true);
    } else {
      setSent(true);
      void sending.send(medium);
    }
  };
  return (
    <>
      {bad.length > 0 && <Bad lines={bad} />}
      <Panel>
        <div ref={head} tabIndex={-1} className={css.read}>
          <h2>{rows.length === 0 ? words.bad.none : words.found(rows.length)}</h2>
          {repeated > 0 && <p className="soft small">{words.repeated(repeated)}</p>}
        </div>
        {rows.length > 0 && !isOver && (
          <div>
            <p aria-hidden="true">{words.medium}</p>
            <Radio.Group
              aria-label={words.medium}
              optionType="button"
              value={medium}
              // Of one list some would be of another medium than the rest.
              disabled={wasSent}
              options={MEDIA.map((one) => ({ value: one, label: texts.medium[one] }))}
              onChange={(event) => {
                setLacking(false);
                setMedium(event.target.value as Medium);
              }}
            />
            {isLacking && (
              <p role="alert" className={css.lacking}>
                {words.needMedium}
              </p>
            )}
          </div>
        )}
        {isBusy && (
          <p className="num" role="status">
            {words.busy(rows.length - left, rows.length)}
          </p>
        )}
        {isOver && (
          <Alert
            type={taken === rows.length ? "success" : "warning"}
            showIcon
            role="status"
            title={
              taken === rows.length ? words.over.all(taken) : words.over.some(taken, count("there"), count("refused"))
            }
            description={words.over.forgotten}
          />
        )}
        {!isBusy && !isOver && wasSent && (
          <Alert
            type="warning"
            showIcon
            role="status"
            title={words.halted.title(taken, left)}
            description={words.halted.text}
          />
        )}
        {!isBusy && <ProblemAlert error={error} />}
        <Actions>
          {left > 0 && (
            <Button type="primary" size="large" loading={isBusy} onClick={send}>
              {wasSent ? words.rest(left) : words.send(left)}
            </Button>
          )}
          {!isBusy && (
            <Button type={left > 0 ? "text" : "primary"} size="large" onClick={onAgain}>
              {isOver && bad.length === 0 ? words.anew : words.again}
            </Button>
          )}
        </Actions>
        {rows.length > 0 && <Keys rows={rows} />}
      </Panel>
    </>
  );
}

function Bad({ lines }: { lines: readonly BadLine[] }) {
  const { bad: words } = useTexts(escrowTexts);
  return (
    <Alert
      type="error"
      showIcon
      role="alert"
      title={words.title(lines.length)}
      description={
        <>
          <ul className={css.bad}>
            {lines.slice(0, MOST_TOLD).map(({ line, wrong, other }) => (
              <li key={line}>
                {words.at(line, words.field[FIELDS[wrong]])}
                {other === undefined ? words.wrong[wrong] : words.otherPin(other)}
              </li>
            ))}
          </ul>
          {lines.length > MOST_TOLD && <p>{words.more(lines.length - MOST_TOLD)}</p>}
          <p>{words.way}</p>
        </>
      }
    />
  );
}

function Keys({ rows }: { rows: readonly Row[] }) {
  const words = useTexts(escrowTexts);
  const why = ({ fate }: Row) =>
    fate.is === "refused" ? fate.message : fate.is === "there" || fate.is === "unsure" ? words.why[fate.is] : undefined;
  const columns: TableColumnsType<Row> = [
    { title: words.table.line, responsive: ["sm"], render: (_, { line }) => <span className="num">{line}</span> },
    { title: words.table.serial, render: (_, { serial }) => <span className="mono">{serial}</span> },
    {
      title: words.table.pin,
      responsive: ["sm"],
      render: (_, row) => (
        <span className="soft">
          {isOpen(row) ? (
            <>
              <span aria-hidden="true" className="mono">
                ••••••
              </span>
              <span className="visually-hidden">{words.table.hidden}</span>
            </>
          ) : (
            words.table.cleared
          )}
        </span>
      ),
    },
    {
      title: words.table.fate,
      render: (_, row) => (
        <div className={css.fate}>
          <span>
            <ToneTag tone={TONES[row.fate.is]} mark={row.fate.is}>
              {words.fate[row.fate.is]}
            </ToneTag>
          </span>
          {why(row) !== undefined && <span className="small soft">{why(row)}</span>}
        </div>
      ),
    },
  ];
  return (
    <Table<Row>
      rowKey="serial"
      columns={columns}
      dataSource={[...rows].sort((one, other) => FIRST.indexOf(one.fate.is) - FIRST.indexOf(other.fate.is))}
      pagination={{ pageSize: 50, hideOnSinglePage: true, showSizeChanger: false }}
      size="middle"
    />
  );
}
