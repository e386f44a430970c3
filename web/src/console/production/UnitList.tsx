import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button } from "antd";
import { useState } from "react";

import { type At, certificateQuery, productionQuery } from "../../api/console";
import { scrapUnit } from "../../api/making";
import type { CertificateView, ScrapReason, UnitState, UnitView } from "../../api/schema";
import { Actions, Facts, Panel } from "../../design/PageFrame";
import { ProblemAlert } from "../../design/ProblemAlert";
import { ToneTag } from "../../design/StateTag";
import { useTimes } from "../../design/time";
import type { Tone } from "../../design/tokens";
import { common } from "../../i18n/common";
import { consoleTexts } from "../../i18n/console";
import { makingTexts } from "../../i18n/making";
import { orderTexts } from "../../i18n/order";
import { useTexts } from "../../i18n/texts";
import css from "./production.module.css";
import { isMade } from "./units";
import { ScrapModal } from "./ScrapModal";

const TONES: Record<UnitState, Tone> = {
  waiting: "ours",
  writing: "moving",
  made: "done",
  handed_over: "done",
  scrapped: "over",
};

const REASONS: readonly ScrapReason[] = ["interrupted", "key_fails", "no_room", "self_test", "damaged"];

interface Props {
  at: At;
  units: readonly UnitView[];
  /** Is the line in production now? */
  open: boolean;
}

/** The keys of the line: how each stands, on which token, with which certificate. */
export function Units({ at, units, open }: Props) {
  const { make: words } = useTexts(makingTexts);
  const { production } = useTexts(consoleTexts);
  const made = units.filter(isMade).length;
  const [notice, setNotice] = useState<string>();
  return (
    <Panel title={words.units} beside={<strong className="num">{production.progress(made, units.length)}</strong>}>
      {notice && <Alert key={notice} type="success" showIcon role="status" title={notice} />}
      <div>
        {units.map((unit) => (
          <Unit key={unit.no} at={at} unit={unit} open={open} onNotice={setNotice} />
        ))}
      </div>
    </Panel>
  );
}

interface UnitProps extends Pick<Props, "at" | "open"> {
  unit: UnitView;
  onNotice: (text: string) => void;
}

function Unit({ at, unit, open, onNotice }: UnitProps) {
  const { unit: states, unitNo } = useTexts(orderTexts);
  const { production } = useTexts(consoleTexts);
  const { make: words } = useTexts(makingTexts);
  const { day } = useTimes();
  const client = useQueryClient();
  const [isScrapping, setScrapping] = useState(false);
  const name = unitNo(unit.no);
  const { queryKey } = productionQuery(at);
  return (
    <article className={css.unit} aria-label={name}>
      <div className={css.head}>
        <h3>{name}</h3>
        <ToneTag tone={TONES[unit.state]} mark={unit.state}>
          {states[unit.state]}
        </ToneTag>
        {unit.attempt > 1 && <span className="soft small">{words.attempt(unit.attempt)}</span>}
        {open && (unit.state === "writing" || unit.state === "made") && (
          <Button
            className={css.scrap}
            size="small"
            danger
            aria-label={words.scrapOf(name)}
            onClick={() => setScrapping(true)}
          >
            {words.scrap}
          </Button>
        )}
      </div>
      {(unit.key_serial ?? unit.certificate_serial) && (
        <Facts
          facts={[
            ...(unit.key_serial ? ([[words.keySerial, <span className="mono">{unit.key_serial}</span>]] as const) : []),
            ...(unit.certificate_serial
              ? ([[production.serial, <span className="mono">{unit.certificate_serial}</span>]] as const)
              : []),
            ...(unit.not_after
              ? ([[production.until, <span className="num">{day(unit.not_after)}</span>]] as const)
              : []),
          ]}
        />
      )}
      {isMade(unit) && <LaterCertificate at={at} unit={unit.no} />}
      {isScrapping && (
        <ScrapModal
          title={words.scrapOf(name)}
          note={words.scrapNote}
          reasons={REASONS}
          onClose={() => setScrapping(false)}
          onRefused={() => void client.invalidateQueries({ queryKey, exact: true })}
          onSubmit={async (reason) => {
            client.setQueryData(queryKey, await scrapUnit(at, unit, reason));
            client.removeQueries({ queryKey: certificateQuery(at, unit.no).queryKey });
            setScrapping(false);
            onNotice(words.scrapped(name));
          }}
        />
      )}
    </article>
  );
}

/** The certificate of a finished key, only when somebody asks. */
function LaterCertificate({ at, unit }: { at: At; unit: number }) {
  const { production: words } = useTexts(consoleTexts);
  const [asked, setAsked] = useState(false);
  const certificate = useQuery({ ...certificateQuery(at, unit), enabled: asked });
  if (certificate.data && asked) {
    return <Certificate at={at} view={certificate.data} />;
  }
  return (
    <Actions>
      <Button size="small" loading={certificate.isFetching} onClick={() => setAsked(true)}>
        {words.showCertificate}
      </Button>
      <ProblemAlert error={certificate.error} onRetry={() => void certificate.refetch()} />
    </Actions>
  );
}

function Certificate({ at, view }: { at: At; view: CertificateView }) {
  const texts = useTexts(common);
  const { production: words } = useTexts(consoleTexts);
  const [copied, setCopied] = useState(false);
  const name = `${at.order}-${String(at.line)}-${String(view.unit)}`;
  return (
    <div className="stack">
      <div>
        <h4>{words.certificate}</h4>
        <pre className={css.certificate} tabIndex={0} aria-label={words.certificate}>
          {view.certificate}
        </pre>
      </div>
      <Actions>
        <Button
          onClick={() =>
            void navigator.clipboard.writeText(view.certificate).then(
              () => setCopied(true),
              () => setCopied(false),
            )
          }
        >
          {copied ? texts.copied : texts.copy}
        </Button>
        <Button onClick={() => save(`${name}.pem`, view.certificate)}>{words.download}</Button>
        <Button onClick={() => save(`${name}-chain.pem`, view.chain)}>{words.downloadChain}</Button>
      </Actions>
    </div>
  );
}

function save(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: "application/x-pem-file" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 1_000);
}
