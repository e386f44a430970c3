import { Alert, Button } from "antd";
import { Link } from "react-router";

import { common } from "../i18n/common";
import { useTexts } from "../i18n/texts";
import { Actions, PageFrame } from "./PageFrame";

/** An address that leads nowhere. */
export function NotFoundPage() {
  const { notFound, home } = useTexts(common);
  return (
    <PageFrame title={notFound.title} width="narrow">
      <p>{notFound.text}</p>
      <p>
        <Link to="/">{home}</Link>
      </p>
    </PageFrame>
  );
}

/** A page that could not be loaded (a deploy came in between, the line broke) or fell over. Never a blank page. */
export function RouteProblem() {
  const { problem, reload, brandShort } = useTexts(common);
  return (
    <PageFrame title={brandShort} width="narrow">
      <Alert type="error" showIcon title={problem.updated} role="alert" />
      <Actions>
        <Button type="primary" onClick={() => globalThis.location.reload()}>
          {reload}
        </Button>
      </Actions>
    </PageFrame>
  );
}
