import { useQuery } from "@tanstack/react-query";
import { Checkbox } from "antd";
import { Fragment, useState } from "react";

import { policiesQuery } from "../../api/orders-desk";
import type { StorefrontPolicy } from "../../api/schema";
import { PageFrame, Panel } from "../../design/PageFrame";
import { Loaded } from "../../design/Standing";
import { ToneTag } from "../../design/StateTag";
import { ordersDeskTexts } from "../../i18n/orders-desk";
import { useLocal, useTexts } from "../../i18n/texts";
import css from "./policies.module.css";
import { useRules } from "./rules";

/** 业务规则: how every storefront sells, side by side. */
export function PoliciesPage() {
  const { policies: words } = useTexts(ordersDeskTexts);
  const policies = useQuery(policiesQuery);
  return (
    <PageFrame title={words.title} width="wide">
      <p className="soft">{words.lead}</p>
      <Loaded of={policies}>{(view) => <Comparison policies={view.policies} />}</Loaded>
    </PageFrame>
  );
}

function Comparison({ policies }: { policies: readonly StorefrontPolicy[] }) {
  const { policies: words } = useTexts(ordersDeskTexts);
  const local = useLocal();
  const rules = useRules();
  const [isShort, setShort] = useState(false);
  const sections = rules(policies)
    .map(({ name, rules: all }) => ({ name, rules: isShort ? all.filter(({ differs }) => differs) : all }))
    .filter(({ rules: left }) => left.length > 0);
  return (
    <Panel>
      {policies.length > 1 && (
        <Checkbox checked={isShort} onChange={({ target }) => setShort(target.checked)}>
          {words.onlyDifferent}
        </Checkbox>
      )}
      {sections.length === 0 ? (
        <p>{words.same}</p>
      ) : (
        <table className={css.rules}>
          <thead>
            <tr>
              <th scope="col">{words.rule}</th>
              {policies.map(({ id, name }) => (
                <th key={id} scope="col">
                  {local(name)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {sections.map((section) => (
              <Fragment key={section.name}>
                <tr className={css.section}>
                  <th scope="colgroup" colSpan={policies.length + 1}>
                    {section.name}
                  </th>
                </tr>
                {section.rules.map(({ name, said, differs }) => (
                  <tr key={name} className={differs ? css.differs : undefined}>
                    <th scope="row">
                      {name} {differs && <ToneTag tone="yours">{words.different}</ToneTag>}
                    </th>
                    {policies.map(({ id, name: storefront }, place) => (
                      <td key={id}>
                        <span className={css.where} aria-hidden="true">
                          {local(storefront)}
                        </span>
                        {said[place]}
                      </td>
                    ))}
                  </tr>
                ))}
              </Fragment>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}
