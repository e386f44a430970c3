import { useQuery } from "@tanstack/react-query";

import { fileHistoryQuery } from "../../api/file";
import { FileHistory } from "../../design/FileHistory";
import { Panel } from "../../design/PageFrame";
import { Loaded } from "../../design/Standing";
import { fileTexts } from "../../i18n/file";
import { useTexts } from "../../i18n/texts";
import { FileFrame } from "./FileFrame";

/** 变更记录: everything that happened to the company's file. */
export function HistoryPage() {
  const { history } = useTexts(fileTexts);
  const events = useQuery(fileHistoryQuery);
  return (
    <FileFrame title={history.title} changes={false}>
      <p className="soft">{history.lead}</p>
      <Loaded of={events}>
        {(view) => (
          <Panel>
            <FileHistory events={view.events} />
          </Panel>
        )}
      </Loaded>
    </FileFrame>
  );
}
