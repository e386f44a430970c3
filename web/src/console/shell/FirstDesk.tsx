import { Alert } from "antd";
import { Navigate } from "react-router";

import { PageFrame } from "../../design/PageFrame";
import { consoleTexts } from "../../i18n/console";
import { useTexts } from "../../i18n/texts";
import { desksOf, useStaff } from "./ConsoleShell";

/** `/console`: the desk that is mine. */
export function FirstDesk() {
  const { brand, noDesk } = useTexts(consoleTexts);
  const [desk] = desksOf(useStaff());
  return desk ? (
    <Navigate to={desk.to} replace />
  ) : (
    <PageFrame title={brand}>
      <Alert type="info" showIcon title={noDesk} />
    </PageFrame>
  );
}
