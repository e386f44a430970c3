import { useQuery } from "@tanstack/react-query";
import { Alert } from "antd";
import { Link } from "react-router";

import { fileQuery } from "../../api/file";
import type { CompanyFile } from "../../api/schema";
import { Loaded } from "../../design/Standing";
import { ToneTag } from "../../design/StateTag";
import { fileTexts, record } from "../../i18n/file";
import { useTexts } from "../../i18n/texts";
import { Addresses } from "./Addresses";
import { Basics } from "./Basics";
import { ContactSection } from "./ContactSection";
import { FileFrame } from "./FileFrame";
import { useDesk } from "./section";
import { QUALIFICATION_TONES } from "../../design/file-words";
import { Titles } from "./Titles";

/** 企业信息 (R54-R56): each part is shown, edited and confirmed by itself. */
export function FilePage() {
  const words = useTexts(fileTexts);
  const { state } = useTexts(record);
  const file = useQuery(fileQuery);
  const standing = file.data?.qualification.state;
  return (
    <FileFrame
      title={words.title}
      beside={
        standing && (
          <Link to="/company/qualification">
            <ToneTag tone={QUALIFICATION_TONES[standing]} mark={standing}>
              {`${words.nav.qualification} · ${state[standing]}`}
            </ToneTag>
          </Link>
        )
      }
    >
      <Loaded of={file}>{(view) => <File file={view} />}</Loaded>
    </FileFrame>
  );
}

function File({ file }: { file: CompanyFile }) {
  const words = useTexts(fileTexts);
  const desk = useDesk(file);
  return (
    <>
      {desk.mayEdit && <p className="soft">{words.lead}</p>}
      {file.superseded && <Alert type="warning" showIcon title={words.superseded} />}
      <Basics desk={desk} />
      <ContactSection desk={desk} />
      <Titles desk={desk} />
      <Addresses desk={desk} />
    </>
  );
}
