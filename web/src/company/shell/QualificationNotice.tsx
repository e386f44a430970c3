import { Alert } from "antd";
import { Link } from "react-router";

import type { SessionView } from "../../api/schema";
import { company } from "../../i18n/company";
import { useTexts } from "../../i18n/texts";
import { MALL } from "../storefronts";

/** Where buying is closed until the company's papers are approved (R2): says so before anybody fills in an order. */
export function QualificationNotice({ session }: { session: SessionView }) {
  const { gate } = useTexts(company);
  const state = session.qualification;
  if (!MALL.gate || state === "approved") {
    return null;
  }
  return (
    <Alert
      type={state === "submitted" ? "info" : "warning"}
      showIcon
      title={gate.title[state]}
      description={
        <p>
          {gate.text[state]} <Link to="/company/qualification">{gate.way[state]}</Link>
        </p>
      }
    />
  );
}
